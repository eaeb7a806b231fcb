"""Accepting a submitted request, or returning it as incomplete."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import add_event, find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.desk.advice import notify_returned
from server.forms.advice import find_advice
from server.forms.filling import (
    find_submission,
)
from server.forms.tables import Submission
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.problems import ProblemCode


def _lock_request(tx: Transaction, actor: Actor, submission_id: UUID) -> tuple[Submission, Case]:
    request = find_submission(tx, actor, submission_id)
    if request.case_id is None or find_advice(tx, request.id) is not None:
        raise not_found()
    if not tx.lock(request):  # a request is always locked before its case
        raise not_found()
    if request.withdrawn_at is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This request was withdrawn.")
    return request, find_case(tx, actor, request.case_id)


def accept_request(tx: Transaction, actor: Actor, submission_id: UUID) -> Case:
    """Accept a request for a decision; raises NOT_FOUND, NOT_ALLOWED."""
    request, case = _lock_request(tx, actor, submission_id)
    if case.state != CaseState.DECIDING:
        add_event(tx, case, EventKind.REQUEST_ACCEPTED, account=actor.account_id)
        actor.record(tx, Action.CASE_EVENT_ADDED, subject=request.id, person=request.person_id)
    return case


def return_request(tx: Transaction, actor: Actor, submission_id: UUID, missing: str) -> Case:
    """Return a professional's request as incomplete; raises NOT_FOUND, NOT_ALLOWED."""
    request, case = _lock_request(tx, actor, submission_id)
    if request.account_id is None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "A family's request can't be returned here: ask the family."
        )
    if case.state == CaseState.RETURNED_FOR_INFO and request.returned == missing:
        return case
    add_event(tx, case, EventKind.RETURNED, account=actor.account_id, reason=missing)
    notify_returned(tx, actor, request, missing)
    actor.record(tx, Action.FORM_RETURNED, subject=request.id, person=request.person_id)
    return case
