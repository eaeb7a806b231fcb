"""Withdrawing a submission, until the authority has decided."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.service import add_event, events_of
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.forms.advice import find_advice, set_advice_state
from server.forms.filling import (
    lock_own,
    newest_version,
    require_open,
)
from server.forms.tables import Submission
from server.messages.service import send_message
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import AdviceState
from shared.forms.submissions import SubmissionState
from shared.places import PlaceKind
from shared.problems import ProblemCode


def withdraw(tx: Transaction, actor: Actor, submission_id: UUID) -> None:
    """Withdraw a submission, until the authority has decided.

    A withdrawn request ends its case if that began with a request and has no other. Withdrawn
    advice can be edited and submitted again. Idempotent. Raises NOT_FOUND, DECIDED, and NOT_ALLOWED
    for a form that was never submitted.
    """
    submission = lock_own(tx, actor, submission_id)
    if submission.withdrawn_at is not None:
        return
    if submission.submitted_at is None and newest_version(tx, submission.id) is not None:
        return  # advice that is already withdrawn
    if submission.submitted_at is None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This was not submitted. Delete the draft.")
    require_open(tx, submission)
    if find_advice(tx, submission.id) is not None:
        if submission.state == SubmissionState.SUBMITTED:
            submission.state = SubmissionState.EDITING
        submission.submitted_at = None
        set_advice_state(tx, submission.id, AdviceState.STARTED)
    else:
        submission.withdrawn_at = tx.now
        _update_case(tx, actor, submission)
    tx.session.add(submission)
    actor.record(tx, Action.FORM_WITHDRAWN, subject=submission.id, person=submission.person_id)
    _notify_officer(tx, actor, submission)


def _update_case(tx: Transaction, actor: Actor, submission: Submission) -> None:
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    if case is None:
        return
    other_requests = tx.session.exec(
        select(Submission).where(
            Submission.case_id == case.id,
            Submission.id != submission.id,
            col(Submission.submitted_at).is_not(None),
            col(Submission.withdrawn_at).is_(None),
        )
    ).all()
    began_with_request = events_of(tx, case)[0].kind == EventKind.REQUEST_RECEIVED
    if began_with_request and not other_requests:
        add_event(tx, case, EventKind.WITHDRAWN, account=actor.account_id)
    elif case.state == CaseState.RETURNED_FOR_INFO and not any(
        other.returned for other in other_requests
    ):
        # Only the withdrawn request was incomplete, so the case resumes with the others.
        add_event(tx, case, EventKind.RESUBMITTED, account=actor.account_id)


def _notify_officer(tx: Transaction, actor: Actor, submission: Submission) -> None:
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    if case is None or case.officer_id is None:
        return
    person = tx.session.get_one(Person, submission.person_id)
    send_message(
        tx,
        to_account=case.officer_id,
        subject="A form of your case was withdrawn",
        body=f"{actor.name} withdrew a form for {person.name}.",
        person=submission.person_id,
        place=PlaceKind.CASE.of(case.id),
        place_label="Open the case",
    )
