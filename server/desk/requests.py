"""What becomes of a submitted request: accepted, or returned with what is missing."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import add_event, find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.desk.advice import notify_returned
from server.forms.advice import advice_of
from server.forms.filling import (
    find_submission,
)
from server.forms.tables import Submission
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.problems import ProblemCode


def _of_case(tx: Transaction, actor: Actor, submission: UUID) -> tuple[Submission, Case]:
    found = find_submission(tx, actor, submission)
    if found.case_id is None or advice_of(tx, found.id) is not None:
        raise not_found()
    tx.session.refresh(found, with_for_update=True)  # before the case, as who withdraws it does
    if found.withdrawn_at is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This request was withdrawn.")
    return found, find_case(tx, actor, found.case_id)


def accept_request(tx: Transaction, actor: Actor, submission: UUID) -> Case:
    """Accept a request, which is then being decided on; raises NOT_FOUND, NOT_ALLOWED."""
    found, case = _of_case(tx, actor, submission)
    if case.state != CaseState.DECIDING:
        add_event(tx, case, EventKind.REQUEST_ACCEPTED, account=actor.account_id)
        actor.record(tx, Action.CASE_EVENT_ADDED, subject=found.id, person=found.person_id)
    return case


def return_request(tx: Transaction, actor: Actor, submission: UUID, missing: str) -> Case:
    """Return a request with what is missing; raises NOT_FOUND, NOT_ALLOWED for a family's."""
    found, case = _of_case(tx, actor, submission)
    if found.account_id is None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "A family's request can't be returned here: ask the family."
        )
    if case.state == CaseState.RETURNED_FOR_INFO and found.returned == missing:
        return case
    add_event(tx, case, EventKind.RETURNED, account=actor.account_id, reason=missing)
    notify_returned(tx, found, missing)
    actor.record(tx, Action.FORM_RETURNED, subject=found.id, person=found.person_id)
    return case
