"""Cases: opened by a request, moved by events, told by the law's clock."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, func, select

from server.accounts.actor import Actor
from server.cases.tables import Case, CaseEvent, Exemption
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases.clock import Periods, decide_by, final_plan_by, no_plan_by
from shared.cases.deadlines import (
    GROUND_WORDS,
    OF_THE_FAMILY,
    Deadline,
    DeadlineKind,
    Ground,
    deadlines,
    next_deadline,
)
from shared.cases.events import (
    RULES,
    EventKind,
    Happened,
    NotAllowed,
    refuse_day,
    standing_of,
)
from shared.cases.states import ENDED, STAGE_OF, CaseState, Stage, StageOut
from shared.problems import ProblemCode
from shared.values.days import london_day, write_day


def find_case(tx: Transaction, actor: Actor, wanted: UUID) -> Case:
    """Find a case for an officer, locked against others; raises NOT_FOUND."""
    found = tx.session.get(Case, wanted, with_for_update=True)
    if found is None or actor.staff is not Staff.OFFICER:
        raise not_found()
    return found


def newest_case(tx: Transaction, person: UUID) -> Case | None:
    """Find a person's newest case: the open one, else the last; one that was joined went on."""
    joined = col(Case.state) == CaseState.JOINED
    newest = (col(Case.closed), joined, col(Case.opened_at).desc())
    return tx.session.exec(select(Case).where(Case.person_id == person).order_by(*newest)).first()


def open_case(
    tx: Transaction, person: UUID, account: UUID | None, received: date | None = None
) -> Case:
    """Find the case that a request belongs to: the open one, else a new one, received today.

    The clock of the open one starts with the earliest of its requests. Raises NOT_FOUND for a
    person who went on as another, INVALID for a day before the end of their case before.
    """
    # Two requests at once open one case. Who adds to a case, holding it, is not held off.
    found = tx.session.get_one(
        Person, person, with_for_update={"key_share": True}, populate_existing=True
    )
    if found.merged_into is not None:
        raise not_found()
    case = newest_case(tx, person)
    received = received or london_day(tx.now)
    ended = _ended_on(tx, person)
    if ended and received < ended:
        raise invalid_field(
            "/received_on",
            f"The child's last case ended on {write_day(ended)}. A request of a day before that "
            "belongs to it; the date must not be before.",
        )
    if case is not None:
        tx.session.refresh(case, with_for_update=True)
        if not case.closed:
            backdate(tx, case, received, account)
            return case
    case = Case(person_id=person, state=CaseState.SUBMITTED, received_on=received, opened_at=tx.now)
    tx.session.add(case)
    tx.session.flush()
    add_event(tx, case, EventKind.REQUEST_RECEIVED, received, account=account)
    record(tx, Action.CASE_OPENED, account=account, subject=case.id, person=person)
    return case


def _ended_on(tx: Transaction, person: UUID) -> date | None:
    """Tell when the last of a person's closed cases ended; one that was joined went on."""
    ended = (
        select(func.max(CaseEvent.on))
        .join(Case, col(Case.id) == col(CaseEvent.case_id))
        .where(Case.person_id == person, col(Case.closed), Case.state != CaseState.JOINED)
    )
    return tx.session.exec(ended).one()


def backdate(tx: Transaction, case: Case, received: date, account: UUID | None) -> None:
    """Let the clock of a case, held, start with a request that was received earlier, if it was."""
    correct = EventKind.DAY_CORRECTED
    if received >= case.received_on or CaseState(case.state) not in RULES[correct].source:
        return
    add_event(tx, case, correct, received, account=account, reason="Another request came earlier.")
    record(tx, Action.CASE_EVENT_ADDED, account=account, subject=case.id, person=case.person_id)


def add_event(
    tx: Transaction,
    case: Case,
    kind: EventKind,
    on: date | None = None,
    *,
    account: UUID | None = None,
    reason: str = "",
    made_id: UUID | None = None,
) -> None:
    """Add what happened on a day, by default today, and move the case to where it leads.

    Raises NOT_ALLOWED where the law has no such step, INVALID for a day it can't be on or a reason
    that is missing.
    """
    on = on or london_day(tx.now)
    events = events_of(tx, case)
    before = past_events(events)
    try:
        standing = standing_of([*before, Happened(kind, on)])
    except NotAllowed as error:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, str(error)) from None
    try:
        refuse_day(before, kind, on, london_day(tx.now), tx.services.settings.periods)
    except NotAllowed as error:
        raise invalid_field("/on", str(error)) from None
    if RULES[kind].reason and not reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    assert standing is not None  # noqa: S101 - something has happened
    if kind is EventKind.DAY_CORRECTED:
        reason = f"{reason.strip()} (It was {write_day(case.received_on)}.)"
        case.received_on = events[0].on = on
    case.state, case.dispute = standing
    tx.session.add(
        CaseEvent(
            made_id=made_id, case_id=case.id, kind=kind, state=standing.state, on=on, at=tx.now,
            account_id=account, reason=reason.strip(),
        )
    )  # fmt: skip
    tx.session.flush()
    update_derived(tx, case)


def update_derived(tx: Transaction, case: Case) -> None:
    """Write what follows from a case's events: where it stands and what is due next."""
    case.closed = CaseState(case.state) in ENDED
    case.place = list(CaseState).index(CaseState(case.state))
    events = events_of(tx, case)
    due = next_deadline(running_deadlines(tx, events))
    case.next_kind, case.next_due = (due.kind, due.due) if due else (None, None)
    excused = due and exemption_for(due, events, exemptions_of(tx, case))
    case.excused = excused is not None
    tx.session.add(case)


def exemption_for(
    one: Deadline, events: Sequence[CaseEvent], exemptions: Sequence[Exemption]
) -> Exemption | None:
    """Find why a deadline that runs after events could not be kept; None where nothing says so."""
    running_now = (one.kind, events[one.started].id)
    return next((e for e in exemptions if (e.clock, e.started_by) == running_now), None)


def exemption_words(excused: Exemption | None) -> str:
    """Say the ground and the reason of an exemption; '' for none."""
    return f"{GROUND_WORDS[Ground(excused.ground)]}: {excused.reason}" if excused else ""


def exemptions_of(tx: Transaction, case: Case) -> Sequence[Exemption]:
    """List why deadlines of a case could not be kept."""
    found = select(Exemption).where(Exemption.case_id == case.id).order_by(col(Exemption.at))
    return tx.session.exec(found).all()


def events_of(tx: Transaction, case: Case) -> list[CaseEvent]:
    """List what a case went through, the oldest first."""
    return list(
        tx.session.exec(
            select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(col(CaseEvent.id))
        )
    )


def past_events(events: Sequence[CaseEvent]) -> list[Happened]:
    """Tell events as the law's rules read them."""
    return [Happened(EventKind(event.kind), event.on) for event in events]


def running_deadlines(tx: Transaction, events: Sequence[CaseEvent]) -> list[Deadline]:
    """List the deadlines that run after events, the earliest first."""
    return deadlines(past_events(events), tx.services.settings.periods)


def deadline_to_show(due: Sequence[Deadline], today: date) -> Deadline | None:
    """Choose the deadline that a professional is told.

    That is the earliest that has a date to come or that the authority must keep; the family's
    time to appeal only where nothing else runs.
    """
    shown = [one for one in due if one.due >= today or one.kind not in OF_THE_FAMILY]
    return next(
        (one for one in shown if one.kind is not DeadlineKind.APPEAL), next(iter(shown), None)
    )


def stages_of(case: Case | None, events: Sequence[CaseEvent], periods: Periods) -> list[StageOut]:
    """Tell the four stages: when each was reached, or by when the law wants it."""
    stages = list(Stage)
    current = stages.index(STAGE_OF[CaseState(case.state)]) if case else 0
    dues = {}
    if case is not None:
        dues = {
            Stage.ASSESSMENT: decide_by(case.received_on, periods),
            Stage.PLAN: no_plan_by(case.received_on, periods),
            Stage.REVIEWS: final_plan_by(case.received_on, periods),
        }
    return [
        StageOut(
            stage=stage,
            reached_on=next((e.on for e in events if STAGE_OF[CaseState(e.state)] is stage), None),
            due=dues.get(stage) if place > current else None,
            current=place == current,
            done=place < current,
        )
        for place, stage in enumerate(stages)
    ]
