"""Recording exemptions from the deadlines of a case and of its advice."""

from operator import attrgetter
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import (
    events_of,
    exemption_text,
    exemptions_of,
    find_case,
    running_deadlines,
    update_derived,
)
from server.cases.tables import Case, CaseEvent, Exemption
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.history import AUTHORITY
from server.forms.advice import update_awaited
from server.forms.tables import AdviceRequest, Submission
from shared.cases.actions import ExemptionIn
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.excuses import Ground, closure_excuses, grounds_for
from shared.desk import AdviceState, PastExemption
from shared.problems import ProblemCode

COMPARED = {"clock", "ground", "reason", "closed_from", "closed_to"}
SCHOOL_FORM = "educational-advice"
"""The form that a school is asked for (Reg. 6(1)(b))."""
NO_EXCEPTION = "The law allows no exception from this time limit on this ground."

_RECORDER, _REMOVER = aliased(Account), aliased(Account)


def past_exemptions(tx: Transaction, case: Case) -> list[PastExemption]:
    """List the times that an exemption was recorded or taken back, oldest first."""
    rows = tx.session.execute(
        select(Exemption, _RECORDER, _REMOVER)
        .join(_RECORDER, col(_RECORDER.id) == col(Exemption.account_id))
        .join(_REMOVER, col(_REMOVER.id) == col(Exemption.removed_by), isouter=True)
        .where(Exemption.case_id == case.id)
    )
    past = []
    for row, recorder, remover in rows:
        past.append(
            PastExemption(
                clock=DeadlineKind(row.clock),
                advice=row.advice_id,
                at=row.at,
                by=recorder.name,
                text=exemption_text(row),
            )
        )
        if row.removed_at is not None:
            by = remover.name if remover else AUTHORITY
            removed = {"at": row.removed_at, "by": by, "text": row.removed_reason}
            past.append(past[-1].model_copy(update={**removed, "taken_back": True}))
    return sorted(past, key=attrgetter("at"))


def record_exemption(tx: Transaction, actor: Actor, case_id: UUID, new: ExemptionIn) -> Case:
    """Record an exemption from a deadline; the date of the deadline does not change.

    Raises NOT_FOUND, CONFLICT if the id belongs to another one, and INVALID if the law has no such
    exception from this deadline, or if the deadline is not running.
    """
    case = find_case(tx, actor, case_id)
    if _is_recorded(tx, case, new):
        return case
    is_advice = new.clock is DeadlineKind.ADVICE
    start = None if is_advice else _starting_event(tx, case, new.clock)
    _require_ground(tx, case, new, start)
    started_by = start.id if start else None
    key = (new.clock, started_by, new.advice)
    if key in {(row.clock, row.started_by, row.advice_id) for row in exemptions_of(tx, case)}:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "This deadline has an exception already. Nothing was recorded."
        )
    tx.session.add(
        Exemption(
            id=new.id,
            case_id=case.id,
            advice_id=new.advice,
            clock=new.clock,
            started_by=started_by,
            ground=new.ground,
            reason=new.reason,
            account_id=actor.account_id,
            at=tx.now,
            closed_from=new.closed_from,
            closed_to=new.closed_to,
        )
    )
    tx.session.flush()
    update_awaited(tx, case.id)
    update_derived(tx, case)
    actor.record(tx, Action.EXEMPTION_ADDED, subject=case.id, person=case.person_id)
    return case


def _is_recorded(tx: Transaction, case: Case, new: ExemptionIn) -> bool:
    """Whether this is a repeated request; raises CONFLICT if its id is of another exemption."""
    existing = tx.session.get(Exemption, new.id)
    if existing is None:
        return False
    sent = {**new.model_dump(include=COMPARED), "case_id": case.id, "advice_id": new.advice}
    if sent != existing.model_dump(include=set(sent)):
        raise PortalProblem(ProblemCode.CONFLICT, "This was recorded before, with other details.")
    return True


def _require_ground(tx: Transaction, case: Case, new: ExemptionIn, start: CaseEvent | None) -> None:
    """Raise INVALID unless the law has this ground for the deadline; NOT_FOUND for other advice."""
    grounds = grounds_for(new.clock, EventKind(start.kind) if start else None)
    is_advice = new.clock is DeadlineKind.ADVICE
    if new.ground not in grounds or is_advice is not (new.advice is not None):
        raise invalid_field("/ground", NO_EXCEPTION)
    if new.advice is not None:
        advice = tx.session.get(AdviceRequest, new.advice)
        if advice is None or advice.case_id != case.id:
            raise not_found()
    if new.ground is Ground.CLOSED:
        _require_closure(tx, case, new)


def take_back(tx: Transaction, actor: Actor, exemption_id: UUID, reason: str) -> Case:
    """Take back an exemption, so that its deadline counts again; idempotent.

    Raises NOT_FOUND.
    """
    exemption = tx.session.get(Exemption, exemption_id)
    if exemption is None:
        raise not_found()
    case = find_case(tx, actor, exemption.case_id)
    if exemption.removed_at is None:
        exemption.removed_at, exemption.removed_by = tx.now, actor.account_id
        exemption.removed_reason = reason.strip()
        tx.session.add(exemption)
        tx.session.flush()
        update_awaited(tx, case.id)
        update_derived(tx, case)
        actor.record(tx, Action.EXEMPTION_REMOVED, subject=case.id, person=case.person_id)
    return case


def _require_closure(tx: Transaction, case: Case, new: ExemptionIn) -> None:
    """Raise INVALID unless the closure is long enough, and advice was asked for at its time."""
    if new.closed_from is None or new.closed_to is None:
        raise invalid_field("/closed_from", "Enter the first and the last day of the closure.")
    asked_on = [case.received_on]  # before the decision to assess nobody can be asked
    if new.clock is not DeadlineKind.DECIDE:
        rows = tx.session.exec(
            select(AdviceRequest)
            .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
            .where(
                AdviceRequest.case_id == case.id,
                AdviceRequest.state != AdviceState.CANCELLED,
                Submission.form == SCHOOL_FORM,
            )
        )
        asked_on = [row.asked_on for row in rows]
    if not closure_excuses(new.closed_from, new.closed_to, asked_on):
        raise invalid_field(
            "/closed_from",
            "A closure is a ground only if it lasts 4 weeks or more, and advice was asked for from "
            "1 week before it to 1 week before its end (Reg. 5(4)).",
        )


def _starting_event(tx: Transaction, case: Case, kind: DeadlineKind) -> CaseEvent:
    events = events_of(tx, case)
    for deadline in running_deadlines(tx, events):
        if deadline.kind is kind:
            return events[deadline.start_index]
    raise invalid_field("/clock", "This deadline does not run any more. Nothing was recorded.")
