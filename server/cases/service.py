"""Cases: opened by a request, changed by events, with statutory deadlines."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.accounts.actor import Actor
from server.cases.tables import NOTHING_DUE, Case, CaseEvent, Exemption
from server.cases.texts import name_rights_holder
from server.cases.transfers import update_transfer
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases.checks import allowed_next, require_possible_day
from shared.cases.clock import Periods
from shared.cases.deadlines import (
    APPOINTMENTS,
    DEADLINES,
    FAMILY_DEADLINES,
    RULES_VERSION,
    Deadline,
    DeadlineKind,
    compute_deadlines,
    next_deadline,
)
from shared.cases.events import CaseStatus, Dispute, EventKind, PastEvent
from shared.cases.excuses import GROUND_LABELS, Ground
from shared.cases.machine import NotAllowed, apply_event, case_status
from shared.cases.rules import RULES
from shared.cases.state_sets import ASSESSED
from shared.cases.states import ENDED, CaseState
from shared.figures.forecast import FORECAST_STATES
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day

RowT = TypeVar("RowT", CaseEvent, Exemption)


def find_case(tx: Transaction, actor: Actor, case_id: UUID) -> Case:
    """Lock and return a case for an officer; raises NOT_FOUND."""
    case = tx.session.get(Case, case_id, with_for_update=True)
    if case is None or actor.staff is not Staff.OFFICER:
        raise not_found()
    return case


def newest_case(tx: Transaction, person: UUID) -> Case | None:
    """Return a person's open case, else the latest; cases joined to another come last."""
    joined = col(Case.state) == CaseState.JOINED
    newest = (col(Case.closed), joined, col(Case.opened_at).desc())
    return tx.session.exec(select(Case).where(Case.person_id == person).order_by(*newest)).first()


def open_case(
    tx: Transaction,
    person: UUID,
    account: UUID | None,
    received: date | None = None,
    reason: str = "",
) -> Case:
    """Return the person's open case, or open one for a request received on a day.

    `received` is today by default, and `reason` says who made it. The statutory period of a case
    starts with its earliest request. Raises NOT_FOUND for a person who was merged into another, and
    INVALID for a day before the end of their previous case.
    """
    # The lock makes concurrent requests share one case; key share does not block events.
    person_row = tx.session.get_one(
        Person, person, with_for_update={"key_share": True}, populate_existing=True
    )
    if person_row.merged_into is not None:
        raise not_found()
    case = newest_case(tx, person)
    received = received or london_day(tx.now)
    end = last_end(tx, person)
    if end and received < end:
        raise invalid_field(
            "/received_on",
            f"The child's last case ended on {format_day(end)}. A request of a day before "
            "that belongs to it; the date must not be before.",
        )
    if case is not None:
        tx.session.refresh(case, with_for_update=True)
        if not case.closed:
            backdate(tx, case, received, account)
            return case
    case = Case(person_id=person, state=CaseState.SUBMITTED, received_on=received, opened_at=tx.now)
    tx.session.add(case)
    tx.session.flush()
    add_event(tx, case, EventKind.REQUEST_RECEIVED, received, account=account, reason=reason)
    record(tx, Action.CASE_OPENED, account=account, subject=case.id, person=person)
    return case


def last_end(tx: Transaction, person: UUID, before: Case | None = None) -> date | None:
    """Return the day a person's last closed case ended, ignoring joined cases.

    With `before`, only cases that were opened before that one count.
    """
    query = (
        select(func.max(CaseEvent.on))
        .join(Case, col(Case.id) == col(CaseEvent.case_id))
        .where(
            Case.person_id == person,
            col(Case.closed),
            Case.state != CaseState.JOINED,
            col(CaseEvent.removed_at).is_(None),
        )
    )
    if before is not None:
        query = query.where(col(Case.opened_at) < before.opened_at, Case.id != before.id)
    return tx.session.exec(query).one()


def backdate(tx: Transaction, case: Case, received: date, account: UUID | None) -> None:
    """Backdate a locked case to the day an earlier request was received."""
    kind = EventKind.DAY_CORRECTED
    if received >= case.received_on or CaseState(case.state) not in RULES[kind].source:
        return
    if events_of(tx, case)[0].kind != EventKind.REQUEST_RECEIVED:
        return  # the periods run from becoming responsible
    add_event(tx, case, kind, received, account=account, reason="Another request came earlier.")
    record(tx, Action.CASE_EVENT_ADDED, account=account, subject=case.id, person=case.person_id)


def require_possible(tx: Transaction, case: Case, new: PastEvent, reason: str) -> CaseStatus:
    """Return the status of a case after one more event; raises NOT_ALLOWED, INVALID."""
    before, periods = past_events(events_of(tx, case)), tx.services.settings.periods
    if new.kind not in allowed_next(before, periods):
        text = f"{RULES[new.kind].action} can't be done where this case stands."
        raise PortalProblem(ProblemCode.NOT_ALLOWED, name_holder(tx, case, text))
    if RULES[new.kind].day_required and new.day is None:
        raise invalid_field("/day", "Enter the date.")
    try:
        require_possible_day(before, new, london_day(tx.now), periods)
    except NotAllowed as error:
        raise invalid_field("/on", name_holder(tx, case, str(error))) from None
    if RULES[new.kind].reason and RULES[new.kind].reason_required and not reason.strip():
        raise invalid_field("/reason", f"{RULES[new.kind].reason}: enter a text.")
    status = case_status([*before, new])
    assert status is not None  # noqa: S101 - there is at least one event
    return status


def name_holder(tx: Transaction, case: Case, text: str) -> str:
    """Name the young person instead of the family if the rights are theirs today."""
    person = tx.session.get_one(Person, case.person_id)
    return name_rights_holder(text, person.born, london_day(tx.now))


def add_event(
    tx: Transaction,
    case: Case,
    kind: EventKind,
    on: date | None = None,
    *,
    day: date | None = None,
    account: UUID | None = None,
    reason: str = "",
    made_id: UUID | None = None,
    document: UUID | None = None,
) -> None:
    """Add an event on a day, by default today, and update the state of the case.

    Raises NOT_ALLOWED if the event is not allowed in this state, and INVALID for an impossible day
    or a missing reason.
    """
    on = on or london_day(tx.now)
    events = events_of(tx, case)
    status = require_possible(tx, case, PastEvent(kind, on, day), reason)
    if kind is EventKind.DAY_CORRECTED:
        reason = _correct_day(case, events[0], on, reason)
    case.version += 1
    tx.session.add(
        CaseEvent(
            made_id=made_id,
            case_id=case.id,
            kind=kind,
            state=status.state,
            on=on,
            at=tx.now,
            account_id=account,
            reason=reason.strip(),
            day=day if RULES[kind].day else None,
            version=case.version,
            document_id=document,
        )
    )
    tx.session.flush()
    update_derived(tx, case)


def _correct_day(case: Case, first: CaseEvent, on: date, reason: str) -> str:
    """Correct the day on which a case began, and return the reason with the day that it was."""
    before = case.received_on
    case.received_on = first.on = on
    return f"{reason.strip()} (It was {format_day(before)}.)"


def rederive(tx: Transaction, case: Case) -> None:
    """Compute the state after each event of a case again, after one was corrected or removed."""
    case.version += 1
    events = events_of(tx, case)
    status = None
    for event in events:
        status = apply_event(status, EventKind(event.kind))
        event.state = status.state
        tx.session.add(event)
    case.received_on = events[0].on
    tx.session.flush()
    update_derived(tx, case)


def update_derived(tx: Transaction, case: Case) -> None:
    """Update the columns derived from a case's events and exemptions.

    Raises ValueError for events that the law does not allow, or none.
    """
    events, exemptions = events_of(tx, case), exemptions_of(tx, case)
    status = case_status(past_events(events))
    if status is None:
        raise ValueError("A case begins with an event.")
    case.state, case.dispute = status
    deadlines = running_deadlines(tx, events)
    excused = [due for due in deadlines if exemption_for(due, events, exemptions)]
    due = next_deadline(item for item in deadlines if item not in excused)
    shown = due or next_deadline(excused)
    case.next_kind, case.next_due = (shown.kind, shown.due) if shown else (None, None)
    case.excused = shown is not None and due is None
    rights = [item for item in deadlines if item.kind in FAMILY_DEADLINES]
    case.family_kind, case.family_due = rights[-1][:2] if rights else (None, None)
    case.closed = CaseState(case.state) in ENDED
    # A case that another authority took over stays at its stage.
    states = [event.state for event in events if event.state != CaseState.TRANSFERRED_OUT]
    case.place = list(CaseState).index(CaseState(states[-1]))
    appeal_until = next((item.due for item in rights if item.kind is DeadlineKind.APPEAL), None)
    may_lapse = case.closed and case.dispute in {None, Dispute.CERTIFICATE}
    case.closes_on = appeal_until if may_lapse else None
    case.settled = may_lapse and case.closes_on is None
    is_matched = tx.session.get_one(Person, case.person_id).known_at is not None
    case.child_matched = True if is_matched else None
    case.computed_with = fingerprint(tx.services.settings.periods)
    case.last_kind, case.last_on = (events[-1].kind, events[-1].on) if events else (None, None)
    update_transfer(tx, case, events)
    if CaseState(case.state) not in FORECAST_STATES:
        case.misses_on = None
    if CaseState(case.state) in ASSESSED:
        case.advice_awaited, case.advice_due = 0, None
    update_due_day(tx, case)


@cache
def fingerprint(periods: Periods) -> str:
    """Return what stands for the periods and the rules that deadlines are computed with."""
    content = f"{RULES_VERSION} {periods.model_dump_json()}"
    return sha256(content.encode()).hexdigest()[:16]


def update_due_day(tx: Transaction, case: Case) -> None:
    """Update the first day that anything is due, after a deadline or awaited advice changed.

    If a right of the family is all that has a day, the case closes when it ends, so the stored day
    never needs to be moved on.
    """
    days = (None if case.excused else case.next_due, None if case.closed else case.advice_due)
    case.due_on = min((day for day in days if day is not None), default=NOTHING_DUE)
    case.sort_due = case.due_on
    if case.due_on == NOTHING_DUE:  # in the order of `next_text`
        family_due = None if case.dispute else case.family_due
        case.sort_due = case.next_due or family_due or NOTHING_DUE
    tx.session.add(case)


def is_open(today: date) -> ColumnElement[bool]:
    """Build the condition for cases that are open, or whose end may still be appealed against."""
    in_time = or_(col(Case.closes_on).is_(None), col(Case.closes_on) >= today)
    return and_(col(Case.settled).is_(False), in_time)


def exemption_for(
    deadline: Deadline, events: Sequence[CaseEvent], rows: Sequence[Exemption]
) -> Exemption | None:
    """Return the exemption of a running deadline, or None."""
    key = (deadline.kind, events[deadline.start_index].id)
    return next(
        (exemption for exemption in rows if (exemption.clock, exemption.started_by) == key),
        None,
    )


def exemption_text(exemption: Exemption | None) -> str:
    """Return the ground and reason of an exemption as text; '' for None."""
    return f"{GROUND_LABELS[Ground(exemption.ground)]}: {exemption.reason}" if exemption else ""


def exemptions_of(tx: Transaction, case: Case) -> Sequence[Exemption]:
    """List the exemptions of a case that were not taken back, oldest first."""
    query = (
        select(Exemption)
        .where(Exemption.case_id == case.id, col(Exemption.removed_at).is_(None))
        .order_by(col(Exemption.at))
    )
    return tx.session.exec(query).all()


def events_of(tx: Transaction, case: Case) -> list[CaseEvent]:
    """List the events of a case that were not undone, oldest first."""
    return [event for event in all_events_of(tx, case) if event.removed_at is None]


def events_by_case(tx: Transaction, cases: SelectOfScalar[UUID]) -> dict[UUID, list[CaseEvent]]:
    """Return the events of several cases that were not undone, oldest first, in one statement."""
    query = select(CaseEvent).where(
        col(CaseEvent.case_id).in_(cases), col(CaseEvent.removed_at).is_(None)
    )
    return _by_case(tx.session.exec(query.order_by(col(CaseEvent.id))))


def exemptions_by_case(tx: Transaction, cases: SelectOfScalar[UUID]) -> dict[UUID, list[Exemption]]:
    """Return the exemptions of several cases that were not taken back, in one statement."""
    query = select(Exemption).where(
        col(Exemption.case_id).in_(cases), col(Exemption.removed_at).is_(None)
    )
    return _by_case(tx.session.exec(query.order_by(col(Exemption.at))))


def _by_case(rows: Iterable[RowT]) -> dict[UUID, list[RowT]]:
    by_case: dict[UUID, list[RowT]] = defaultdict(list)
    for row in rows:
        by_case[row.case_id].append(row)
    return by_case


def all_events_of(tx: Transaction, case: Case) -> list[CaseEvent]:
    """List the events of a case with those that were undone, oldest first."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(col(CaseEvent.id))
    return list(tx.session.exec(query))


def past_events(events: Sequence[CaseEvent]) -> list[PastEvent]:
    """Convert events to the type that the shared rules use."""
    return [PastEvent(EventKind(event.kind), event.on, event.day) for event in events]


def running_deadlines(tx: Transaction, events: Sequence[CaseEvent]) -> list[Deadline]:
    """List the deadlines still running after events, earliest first."""
    return compute_deadlines(past_events(events), tx.services.settings.periods)


def deadline_to_show(due: Sequence[Deadline], today: date) -> Deadline | None:
    """Return the deadline to show to a professional, or None.

    This is the earliest of those they see that is not past or binds the authority. The family's
    time to appeal is shown only if no other deadline is running.
    """
    nobody_late = FAMILY_DEADLINES | APPOINTMENTS
    shown = [item for item in due if DEADLINES[item.kind].professionals]
    visible = [item for item in shown if item.due >= today or item.kind not in nobody_late]
    return next(
        (item for item in visible if item.kind is not DeadlineKind.APPEAL),
        next(iter(visible), None),
    )
