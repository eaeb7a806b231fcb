"""Recording exemptions from the deadlines of a case and of its advice."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import events_of, find_case, running_deadlines, update_derived
from server.cases.tables import Case, Exemption
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import invalid_field, not_found
from server.forms.advice import update_awaited
from server.forms.tables import AdviceRequest
from shared.cases.deadlines import DeadlineKind, excuses
from shared.desk import ExemptionIn


def record_exemption(tx: Transaction, actor: Actor, case_id: UUID, new: ExemptionIn) -> Case:
    """Record an exemption from a deadline; the date of the deadline does not change.

    Raises NOT_FOUND, and INVALID if the law does not excuse this deadline on this ground, or if the
    deadline is not running.
    """
    case = find_case(tx, actor, case_id)
    if tx.session.get(Exemption, new.id) is not None:
        return case
    is_advice = new.clock is DeadlineKind.ADVICE
    if not excuses(new.ground, new.clock) or is_advice is not (new.advice is not None):
        raise invalid_field("/ground", "The law does not excuse this deadline on this ground.")
    if new.advice is not None:
        advice = tx.session.get(AdviceRequest, new.advice)
        if advice is None or advice.case_id != case.id:
            raise not_found()
    tx.session.add(
        Exemption(
            id=new.id,
            case_id=case.id,
            advice_id=new.advice,
            clock=new.clock,
            started_by=None if is_advice else _starting_event(tx, case, new.clock),
            ground=new.ground,
            reason=new.reason,
            account_id=actor.account_id,
            at=tx.now,
        )
    )
    tx.session.flush()
    update_awaited(tx, case.id)
    update_derived(tx, case)
    actor.record(tx, Action.EXEMPTION_ADDED, subject=case.id, person=case.person_id)
    return case


def _starting_event(tx: Transaction, case: Case, kind: DeadlineKind) -> int | None:
    events = events_of(tx, case)
    for deadline in running_deadlines(tx, events):
        if deadline.kind is kind:
            return events[deadline.start_index].id
    raise invalid_field("/clock", "This deadline does not run any more. Nothing was recorded.")
