"""Panels: their agenda, minutes, and the decisions recorded from it."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import aliased
from sqlmodel import and_, col, exists, func, literal, or_, select

from server.accounts.actor import Actor
from server.accounts.edits import apply_edit, require_version
from server.accounts.tables import Account
from server.cases.service import events_of, find_case, past_events
from server.cases.tables import Case, CaseEvent
from server.cases.texts import STATE_TEXTS, deadline_text
from server.casework.tables import Panel, PanelCase
from server.core.audit import Action
from server.core.database import Transaction
from server.core.pages import Cursor, decode_cursor, keyset_condition, unknown_cursor
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.actions import record_event
from server.people.tables import Person
from shared.cases.actions import EventIn
from shared.cases.checks import allowed_next
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.cases.states import CaseState
from shared.casework import PanelOfCase
from shared.panels import (
    PANEL_DECISIONS,
    PANELS_SIZE,
    MinutesIn,
    NewItem,
    Outcome,
    PanelChoice,
    PanelIn,
    PanelItem,
    PanelOut,
    PanelRow,
    PanelsPage,
    panel_text,
)
from shared.problems import ProblemCode
from shared.values.days import london_day

UNDONE = "Decided; the event was taken back since"
OUTCOME_LABELS = {Outcome.WAITING: "No outcome yet", Outcome.DEFERRED: "Deferred"}

_OFFICER, _DECIDER = aliased(Account), aliased(Account)
_JOINED = aliased(Case)
_IS_SHOWN = ~exists().where(
    col(_JOINED.id) == col(PanelCase.case_id), col(_JOINED.state) == CaseState.JOINED
)
"""The line of a joined case stays with it only if the remaining case has a line of its own."""


def save_panel(tx: Transaction, actor: Actor, panel_id: UUID, new: PanelIn, version: int) -> Panel:
    """Add a panel, or change its name, day, time or place; safe to repeat.

    Raises INVALID, STALE.
    """
    if not new.name:
        raise invalid_field("/name", "Enter the name of the panel.")
    panel = tx.session.get(Panel, panel_id, with_for_update=True)
    if panel is None:
        panel = Panel(
            id=panel_id,
            **new.model_dump(),
            account_id=actor.account_id,
            created_at=tx.now,
            edited_by=actor.account_id,
            edited_at=tx.now,
        )
        tx.session.add(panel)
        actor.record(tx, Action.PANEL_ADDED, subject=panel.id)
    else:
        current = panel_text(PanelIn.model_validate(panel, from_attributes=True))
        if apply_edit(tx, actor, panel, new.model_dump(), version, person=None, current=current):
            actor.record(tx, Action.PANEL_CHANGED, subject=panel.id)
    tx.session.flush()
    return panel


def find_panel(tx: Transaction, panel_id: UUID, *, lock: bool = False) -> Panel:
    """Return a panel; raises NOT_FOUND."""
    panel = tx.session.get(Panel, panel_id, with_for_update=lock)
    if panel is None:
        raise not_found()
    return panel


def add_cases(tx: Transaction, actor: Actor, panel_id: UUID, items: Iterable[NewItem]) -> Panel:
    """Put cases on a panel, each once; idempotent. Raises NOT_FOUND, NOT_ALLOWED, CONFLICT."""
    cases = {item.case: item for item in items}
    # Cases are locked in one order, and before the panel.
    locked = {id: find_case(tx, actor, id) for id in sorted(cases)}
    panel = find_panel(tx, panel_id, lock=True)
    rows = tx.session.exec(select(PanelCase).where(PanelCase.panel_id == panel.id)).all()
    existing = {row.case_id for row in rows}
    position = max((row.position for row in rows), default=0)
    for id, item in cases.items():
        case = locked[id]
        if id in existing:
            continue
        if tx.session.get(PanelCase, item.id) is not None:
            raise PortalProblem(ProblemCode.CONFLICT, "Another case was added under this id.")
        if case.closed:
            raise PortalProblem(ProblemCode.NOT_ALLOWED, "A closed case can't be put on a panel.")
        position += 1
        tx.session.add(
            PanelCase(
                id=item.id,
                panel_id=panel.id,
                case_id=id,
                position=position,
                added_by=actor.account_id,
                added_at=tx.now,
                edited_by=actor.account_id,
                edited_at=tx.now,
            )
        )
        actor.record(tx, Action.PANEL_CASE_ADDED, subject=item.id, person=case.person_id)
    tx.session.flush()
    return panel


def _lock_item(tx: Transaction, actor: Actor, item_id: UUID) -> tuple[PanelCase, Case, Panel]:
    """Lock an item after its case, the order in which cases are joined; raises NOT_FOUND."""
    item = tx.session.get(PanelCase, item_id)
    if item is None:
        raise not_found()
    case = find_case(tx, actor, item.case_id)
    tx.session.refresh(item, with_for_update=True)
    return item, case, find_panel(tx, item.panel_id)


def remove_case(tx: Transaction, actor: Actor, panel_id: UUID, item_id: UUID) -> Panel:
    """Take a case off a panel; idempotent. Raises NOT_FOUND, NOT_ALLOWED once it has an outcome."""
    panel = find_panel(tx, panel_id)
    listed = tx.session.get(PanelCase, item_id)
    if listed is None or listed.panel_id != panel.id:
        return panel
    item, case, panel = _lock_item(tx, actor, item_id)
    if _outcome(item, events_of(tx, case)) is not Outcome.WAITING or item.minutes:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "This case has an outcome or minutes: it stays on the panel."
        )
    tx.session.delete(item)
    tx.session.flush()
    actor.record(tx, Action.PANEL_CASE_REMOVED, subject=item.id, person=case.person_id)
    return panel


def write_minutes(
    tx: Transaction, actor: Actor, item_id: UUID, minutes: MinutesIn, version: int
) -> Panel:
    """Write the minutes of a case; raises NOT_FOUND, STALE."""
    item, case, panel = _lock_item(tx, actor, item_id)
    values, current = {"minutes": minutes.text.strip()}, _item_text(tx, item, case)
    if apply_edit(tx, actor, item, values, version, person=case.person_id, current=current):
        actor.record(tx, Action.PANEL_MINUTES_CHANGED, subject=item.id, person=case.person_id)
        tx.session.flush()
    return panel


def _item_text(tx: Transaction, item: PanelCase, case: Case) -> str:
    outcome = _outcome_words(item, _decision(item, events_of(tx, case)))
    deferred = f"{outcome}: {item.reason}" if item.reason else outcome
    return f"{deferred}\nMinutes: {item.minutes or 'none'}"


def defer(tx: Transaction, actor: Actor, item_id: UUID, reason: str, version: int) -> Panel:
    """Record that a case was not decided.

    Raises NOT_FOUND, INVALID, STALE, and NOT_ALLOWED once it was decided.
    """
    item, case, panel = _lock_item(tx, actor, item_id)
    if not reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    _require_undecided(tx, item, case)
    if (item.outcome, item.reason) != (Outcome.DEFERRED, reason.strip()):
        current = _item_text(tx, item, case)
        require_version(tx, actor, item, version, person=case.person_id, current=current)
        item.event_id, item.reason = None, reason.strip()
        _set_outcome(tx, actor, item, case, Outcome.DEFERRED)
    return panel


def decide(tx: Transaction, actor: Actor, item_id: UUID, event: EventIn) -> Panel:
    """Record a panel's decision as an event of the case; idempotent by the event's id.

    Raises NOT_FOUND, INVALID, CONFLICT, NOT_ALLOWED as any event of the case does.
    """
    item, case, panel = _lock_item(tx, actor, item_id)
    if item.event_id == event.id:
        return panel
    _require_undecided(tx, item, case)
    if event.kind not in PANEL_DECISIONS:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "A panel does not decide on this.")
    record_event(tx, actor, case.id, event)
    item.event_id, item.reason = event.id, ""
    _set_outcome(tx, actor, item, case, Outcome.DECIDED)
    return panel


def _require_undecided(tx: Transaction, item: PanelCase, case: Case) -> None:
    if _outcome(item, events_of(tx, case)) is Outcome.DECIDED:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "The panel's decision was recorded. Correct it in the case, if it is wrong.",
        )


def _set_outcome(
    tx: Transaction, actor: Actor, item: PanelCase, case: Case, outcome: Outcome
) -> None:
    item.outcome, item.decided_by, item.decided_at = outcome, actor.account_id, tx.now
    item.version, item.edited_by, item.edited_at = item.version + 1, actor.account_id, tx.now
    tx.session.add(item)
    action = {
        Outcome.DECIDED: Action.PANEL_CASE_DECIDED,
        Outcome.DEFERRED: Action.PANEL_CASE_DEFERRED,
    }[outcome]
    actor.record(tx, action, subject=item.id, person=case.person_id)
    tx.session.flush()


def list_panels(tx: Transaction, cursor: str | None, *, past: bool) -> PanelsPage:
    """List the panels of today and later, or past ones, newest first."""
    today = london_day(tx.now)
    on = col(Panel.on)
    query = _select_panels().where(on < today if past else on >= today)
    if cursor:
        position = decode_cursor(cursor)
        try:
            day = date.fromisoformat(position.key)
        except ValueError:
            raise unknown_cursor() from None
        query = query.where(
            keyset_condition(on, literal(day), col(Panel.id), position.id, ascending=not past)
        )
    order = [column.desc() if past else column.asc() for column in (on, col(Panel.id))]
    results = tx.session.execute(query.order_by(*order).limit(PANELS_SIZE + 1)).all()
    rows = [_panel_row(row) for row in results[:PANELS_SIZE]]
    has_more = len(results) > len(rows)
    last = Cursor(False, rows[-1].on.isoformat(), rows[-1].id) if has_more else None
    return PanelsPage(rows=rows, next=last.encode() if last else None)


def _select_panels() -> Select[Any]:
    items = select(func.count()).where(PanelCase.panel_id == Panel.id, _IS_SHOWN)
    decision = select(CaseEvent.id).where(
        CaseEvent.case_id == PanelCase.case_id,
        CaseEvent.made_id == PanelCase.event_id,
        col(CaseEvent.removed_at).is_(None),
    )
    outcome = col(PanelCase.outcome)
    was_undone = and_(outcome == Outcome.DECIDED, ~decision.exists())
    waiting = items.where(or_(outcome == Outcome.WAITING, was_undone))
    return select(Panel).add_columns(
        items.scalar_subquery().label("cases"), waiting.scalar_subquery().label("waiting")
    )


def _panel_row(row: Row[*tuple[Any, ...]]) -> PanelRow:
    return PanelRow(**row[0].model_dump(), cases=row.cases, waiting=row.waiting)


def panels_between(tx: Transaction, first: date, last: date) -> list[PanelRow]:
    """List the panels from one day to another, by day and time."""
    query = _select_panels().where(col(Panel.on).between(first, last))
    results = tx.session.execute(query.order_by(col(Panel.on), col(Panel.starts), col(Panel.id)))
    return [_panel_row(row) for row in results]


def panel_out(tx: Transaction, actor: Actor, panel: Panel) -> PanelOut:
    """Build a panel with its cases, and audit whom it shows."""
    row = _panel_row(tx.session.execute(_select_panels().where(col(Panel.id) == panel.id)).one())
    results = tx.session.execute(
        select(PanelCase, Case, Person)
        .add_columns(_OFFICER, _DECIDER)
        .join(Case, col(Case.id) == col(PanelCase.case_id))
        .join(Person, col(Person.id) == col(Case.person_id))
        .join(_OFFICER, col(_OFFICER.id) == col(Case.officer_id), isouter=True)
        .join(_DECIDER, col(_DECIDER.id) == col(PanelCase.decided_by), isouter=True)
        .where(col(PanelCase.panel_id) == panel.id, _IS_SHOWN)
        .order_by(col(PanelCase.position), col(PanelCase.id))
    ).all()
    items = [_item_out(tx, result) for result in results]
    actor.record_shown(tx, Action.SHOWN_IN_PANEL, (item.person for item in items))
    return PanelOut(**row.model_dump(), items=items)


def _item_out(tx: Transaction, result: Row[*tuple[Any, ...]]) -> PanelItem:
    item, case, person, officer, decider = result
    events = events_of(tx, case)
    event, outcome = _decision(item, events), _outcome(item, events)
    return PanelItem(
        id=item.id,
        version=item.version,
        case=case.id,
        person=person.id,
        name=person.name,
        born=person.born,
        state_words=STATE_TEXTS[CaseState(case.state)].name,
        due_words=deadline_text(case.next_kind, case.next_due, london_day(tx.now)),
        officer=officer.name if officer else "",
        minutes=item.minutes,
        outcome=outcome,
        outcome_words=_outcome_words(item, event),
        reason=event.reason if event else item.reason,
        decided_by=decider.name if decider else "",
        decided_at=item.decided_at,
        choices=[] if outcome is Outcome.DECIDED else _choices(tx, events),
    )


def _decision(item: PanelCase, events: Iterable[CaseEvent]) -> CaseEvent | None:
    """Return the event by which a decision was recorded, if it was not taken back."""
    made = (event for event in events if event.made_id == item.event_id)
    return next(made, None) if item.event_id else None


def _outcome(item: PanelCase, events: Iterable[CaseEvent]) -> Outcome:
    """Return what came of a case, which waits again once its decision was taken back."""
    outcome = Outcome(item.outcome)
    is_undone = outcome is Outcome.DECIDED and _decision(item, events) is None
    return Outcome.WAITING if is_undone else outcome


def _outcome_words(item: PanelCase, event: CaseEvent | None) -> str:
    if item.outcome != Outcome.DECIDED:
        return OUTCOME_LABELS[Outcome(item.outcome)]
    return RULES[EventKind(event.kind)].label if event else UNDONE


def _choices(tx: Transaction, events: list[CaseEvent]) -> list[PanelChoice]:
    return [
        PanelChoice(kind=kind, action=RULES[kind].action)
        for kind in allowed_next(past_events(events), tx.services.settings.periods)
        if kind in PANEL_DECISIONS
    ]


def panels_of(tx: Transaction, case: Case) -> list[PanelOfCase]:
    """List the panels that a case is on, newest first."""
    results = tx.session.execute(
        select(PanelCase, Panel)
        .join(Panel, col(Panel.id) == col(PanelCase.panel_id))
        .where(PanelCase.case_id == case.id)
        .order_by(col(Panel.on).desc(), col(Panel.id))
    )
    events = events_of(tx, case)
    return [
        PanelOfCase(
            panel=panel.id,
            name=panel.name,
            on=panel.on,
            starts=panel.starts,
            outcome_words=_outcome_words(item, _decision(item, events)),
        )
        for item, panel in results
    ]
