"""What a professional submitted, taken back until the authority has decided."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.service import add_event
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.forms.advice import advice_of, set_advice_state
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


def withdraw(tx: Transaction, actor: Actor, submission: UUID) -> None:
    """Take back what was submitted, until the authority has decided.

    A request ends with it, and so does its case where nobody else made one; advice is written on
    and submitted again. A repeat changes nothing. Raises NOT_FOUND, DECIDED, NOT_ALLOWED for what
    was never submitted.
    """
    found = lock_own(tx, actor, submission)
    if found.withdrawn_at is not None:
        return
    if found.submitted_at is None and newest_version(tx, found.id) is not None:
        return  # advice that was taken back already
    if found.submitted_at is None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This was not submitted. Delete the draft.")
    require_open(tx, found)
    if advice_of(tx, found.id) is not None:
        if found.state == SubmissionState.SUBMITTED:
            found.state = SubmissionState.EDITING
        found.submitted_at = None
        set_advice_state(tx, found.id, AdviceState.STARTED)
    else:
        found.withdrawn_at = tx.now
        _end_case(tx, actor, found)
    tx.session.add(found)
    actor.record(tx, Action.FORM_WITHDRAWN, subject=found.id, person=found.person_id)
    _tell_officer(tx, actor, found)


def _end_case(tx: Transaction, actor: Actor, found: Submission) -> None:
    case = tx.session.get(Case, found.case_id) if found.case_id else None
    if case is None:
        return
    others = tx.session.exec(
        select(Submission).where(
            Submission.case_id == case.id,
            Submission.id != found.id,
            col(Submission.submitted_at).is_not(None),
            col(Submission.withdrawn_at).is_(None),
        )
    ).all()
    if not others:
        add_event(tx, case, EventKind.WITHDRAWN, account=actor.account_id)
    elif case.state == CaseState.RETURNED_FOR_INFO and not any(one.returned for one in others):
        # What was missing is awaited no more: the case goes on with the other request.
        add_event(tx, case, EventKind.RESUBMITTED, account=actor.account_id)


def _tell_officer(tx: Transaction, actor: Actor, found: Submission) -> None:
    case = tx.session.get(Case, found.case_id) if found.case_id else None
    if case is None or case.officer_id is None:
        return
    person = tx.session.get_one(Person, found.person_id)
    send_message(
        tx,
        to_account=case.officer_id,
        subject="A form of your case was withdrawn",
        body=f"{actor.name} withdrew a form for {person.name}.",
        person=found.person_id,
        place=PlaceKind.CASE.of(case.id),
        place_label="Open the case",
    )
