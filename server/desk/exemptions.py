"""Recording why a deadline could not be kept: one of a case that runs, or of its advice."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import events_of, find_case, running_deadlines, update_derived
from server.cases.tables import Case, Exemption
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import invalid_field, not_found
from server.forms.tables import AdviceRequest
from shared.cases.deadlines import DeadlineKind, excuses
from shared.desk import ExemptionIn


def exempt(tx: Transaction, actor: Actor, case_id: UUID, wanted: ExemptionIn) -> Case:
    """Record why a deadline of the case could not be kept; its date stays.

    Raises NOT_FOUND, and INVALID for a ground that the law does not know for this deadline, or one
    that does not run.
    """
    case = find_case(tx, actor, case_id)
    if tx.session.get(Exemption, wanted.id) is not None:
        return case
    of_advice = wanted.clock is DeadlineKind.ADVICE
    if not excuses(wanted.ground, wanted.clock) or of_advice is not (wanted.advice is not None):
        raise invalid_field("/ground", "The law does not excuse this deadline on this ground.")
    if wanted.advice is not None:
        advice = tx.session.get(AdviceRequest, wanted.advice)
        if advice is None or advice.case_id != case.id:
            raise not_found()
    tx.session.add(
        Exemption(
            id=wanted.id, case_id=case.id, advice_id=wanted.advice, clock=wanted.clock,
            started_by=None if of_advice else _started_by(tx, case, wanted.clock),
            ground=wanted.ground, reason=wanted.reason, account_id=actor.account_id, at=tx.now,
        )
    )  # fmt: skip
    tx.session.flush()
    update_derived(tx, case)
    actor.record(tx, Action.EXEMPTION_ADDED, subject=case.id, person=case.person_id)
    return case


def _started_by(tx: Transaction, case: Case, clock: DeadlineKind) -> int | None:
    events = events_of(tx, case)
    for one in running_deadlines(tx, events):
        if one.kind is clock:
            return events[one.started].id
    raise invalid_field("/clock", "This deadline does not run any more. Nothing was recorded.")
