"""Submitting: the check, the version that is kept for ever, the reference, the confirmation."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import add_event, events_of, open_case, running_deadlines
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, field_error
from server.documents.service import documents_by_id, documents_of, lock_documents, retain_documents
from server.forms.access import answers_of
from server.forms.advice import advice_of, set_advice_state
from server.forms.catalogue import form_filled
from server.forms.filling import (
    find_submission,
    lock_fillable,
    newest_version,
    require_open,
    work_details_for,
    writers_of,
)
from server.forms.named import files_in, ids_in
from server.forms.tables import Submission, SubmissionVersion
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import WorkDetails
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import AdviceState
from shared.documents import DocumentOut
from shared.forms.answers import blocking, check, facts_for
from shared.forms.definition import FormDefinition
from shared.forms.submissions import (
    Answers,
    Confirmation,
    SubmissionHistory,
    SubmissionState,
    SubmittedVersion,
)
from shared.places import PlaceKind
from shared.problems import FieldError, ProblemCode
from shared.values.days import london_day, write_day

REFERENCE_LENGTH = 8
UNAMBIGUOUS = "ACDEFHJKLMNPRTUWXY3456789"
FAMILY = "the family"


def submit(tx: Transaction, actor: Actor, submission: UUID, version: UUID) -> Confirmation:
    """Submit what was saved; the same version again is confirmed again.

    Raises NOT_FOUND, DECIDED, CONFLICT, and NOT_COMPLETE with what stands in the way.
    """
    found = lock_fillable(tx, actor, submission)
    made = tx.session.get(SubmissionVersion, version)
    if made is None and found.state == SubmissionState.SUBMITTED and not found.returned:
        made = newest_version(tx, found.id)  # nothing was changed since
    if made is not None:
        if made.submission_id != found.id:
            raise PortalProblem(ProblemCode.CONFLICT, "This was submitted for another form.")
        return _confirmation(tx, found, made)
    require_open(tx, found)
    definition = form_filled(tx, found.form, found.form_version)
    if found.case_id is None and definition.stage == "request":
        # Before the documents, as everywhere: a form, its child, its case, what it names.
        found.case_id = open_case(tx, found.person_id, actor.account_id).id
    answers = answers_of(tx, found.id)
    files = files_in(definition, answers)
    lock_documents(tx, files)  # what is there when it is checked is there when it is kept
    _refuse_incomplete(tx, actor, found, definition, answers)
    before = newest_version(tx, found.id)
    made = SubmissionVersion(
        id=version,
        submission_id=found.id,
        number=before.number + 1 if before else 1,
        submitted_at=tx.now,
        account_id=actor.account_id,
        submitted_by=actor.name,
        answers=cast("dict[str, object]", answers),
        work_details=_work_of(tx, actor, found, definition, answers),
        written_by=writers_of(tx, found.id),
    )
    tx.session.add(made)
    retain_documents(tx, files)
    _stamp(tx, actor, found)
    actor.record(tx, Action.FORM_SUBMITTED, subject=found.id, person=found.person_id)
    confirmation = _confirmation(tx, found, made)
    _tell(tx, actor, confirmation, found)
    return confirmation


def _stamp(tx: Transaction, actor: Actor, found: Submission) -> None:
    set_advice_state(tx, found.id, AdviceState.SUBMITTED)
    case = tx.session.get(Case, found.case_id) if found.case_id else None
    if case is not None and case.state == CaseState.RETURNED_FOR_INFO and found.returned:
        add_event(tx, case, EventKind.RESUBMITTED, account=actor.account_id)
    found.returned = ""
    if found.reference is None:
        found.reference = new_reference(tx)
    found.state = SubmissionState.SUBMITTED
    found.submitted_at = tx.now
    found.version += 1
    tx.session.add(found)
    tx.session.flush()


def new_reference(tx: Transaction) -> str:
    """Mint a reference of 8 characters that can't be taken for one another."""
    while True:
        reference = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(REFERENCE_LENGTH))
        taken = select(Submission.id).where(Submission.reference == reference)
        if tx.session.exec(taken).first() is None:
            return reference


def _refuse_incomplete(
    tx: Transaction, actor: Actor, found: Submission, definition: FormDefinition, answers: Answers
) -> None:
    person = tx.session.get_one(Person, found.person_id)
    findings = blocking(check(definition, answers, facts_for(person.born, london_day(tx.now))))
    errors = [field_error(one.pointer, one.message, one.level) for one in findings]
    errors += _unknown_ids(tx, actor, found, definition, answers)
    if errors:
        raise PortalProblem(
            ProblemCode.NOT_COMPLETE,
            "Some answers must be looked at before this can be submitted. All of it is kept.",
            errors=errors,
        )


def _unknown_ids(
    tx: Transaction, actor: Actor, found: Submission, definition: FormDefinition, answers: Answers
) -> Iterator[FieldError]:
    cards = {str(work.id) for work in work_details_for(tx, actor, found)}
    mine = {str(document.id) for document in documents_of(tx, actor, found.person_id)}
    for pointer, kind, answer in ids_in(definition, answers):
        if kind == "work_details" and answer not in cards:
            yield field_error(pointer, "Select the work details again: those chosen were removed.")
        if kind == "file" and answer not in mine:
            yield field_error(
                pointer, "This file is not there any more. Choose it and upload it again."
            )


def _work_of(
    tx: Transaction, actor: Actor, found: Submission, definition: FormDefinition, answers: Answers
) -> dict[str, object] | None:
    chosen = {answer for _, kind, answer in ids_in(definition, answers) if kind == "work_details"}
    for work in work_details_for(tx, actor, found):
        if str(work.id) in chosen:
            return work.model_dump(mode="json")
    return None


def _confirmation(tx: Transaction, found: Submission, made: SubmissionVersion) -> Confirmation:
    person = tx.session.get_one(Person, found.person_id)
    case = tx.session.get(Case, found.case_id) if found.case_id else None
    if advice_of(tx, found.id) is not None:
        case = None  # advice decides nothing by itself
    return Confirmation(
        reference=found.reference or "",
        form_title=form_filled(tx, found.form, found.form_version).title,
        person_name=person.name,
        number=made.number,
        submitted_at=made.submitted_at,
        decision_due=_decision_due(tx, case) if case else None,
    )


def _decision_due(tx: Transaction, case: Case) -> date | None:
    due = running_deadlines(tx, events_of(tx, case))
    return next((one.due for one in due if one.kind is DeadlineKind.DECIDE), None)


def _tell(tx: Transaction, actor: Actor, confirmation: Confirmation, found: Submission) -> None:
    """Tell who submitted, and whose form it is, that it was received, and the officer too."""
    due = confirmation.decision_due
    late = due is not None and due < london_day(tx.now)
    by = f" The Local Authority decides by {write_day(due)}." if due and not late else ""
    again = f" (version {confirmation.number})" if confirmation.number > 1 else ""
    what = f"{confirmation.form_title} for {confirmation.person_name}{again}"
    advice = advice_of(tx, found.id)
    for account in {actor.account_id, found.account_id or actor.account_id}:
        send_message(
            tx,
            to_account=account,
            subject=f"Your {'advice' if advice else 'request'} was received",
            body=f"{what} was received. Its reference is {confirmation.reference}.{by}",
            person=found.person_id,
            place=PlaceKind.VERSIONS.of(found.id),
            place_label="View details",
        )
    case = tx.session.get(Case, found.case_id) if found.case_id else None
    if case is not None and case.officer_id is not None:
        send_message(
            tx,
            to_account=case.officer_id,
            subject="A form of your case was submitted",
            body=f"{what} was submitted by {actor.name}.",
            person=found.person_id,
            place=PlaceKind.CASE.of(case.id),
            place_label="Open the case",
        )


def history(tx: Transaction, actor: Actor, submission: UUID) -> SubmissionHistory:
    """Tell every version that was submitted, which the audit keeps; raises NOT_FOUND."""
    found = find_submission(tx, actor, submission)
    actor.record(tx, Action.FORM_READ, subject=found.id, person=found.person_id)
    definition = form_filled(tx, found.form, found.form_version)
    person = tx.session.get_one(Person, found.person_id)
    rows = tx.session.exec(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == found.id)
        .order_by(col(SubmissionVersion.number))
    ).all()
    ids = {id for row in rows for id in files_in(definition, cast("Answers", row.answers))}
    documents = documents_by_id(tx, ids)
    return SubmissionHistory(
        id=found.id,
        form=definition,
        person=person.id,
        person_name=person.name,
        person_born=person.born,
        reference=found.reference,
        submitted_by_you=found.account_id == actor.account_id,
        versions=[_version_out(actor, row, definition, documents) for row in rows],
    )


def _version_out(
    actor: Actor,
    row: SubmissionVersion,
    definition: FormDefinition,
    documents: dict[UUID, DocumentOut],
) -> SubmittedVersion:
    answers = cast("Answers", row.answers)
    named = files_in(definition, answers)
    work = row.work_details
    return SubmittedVersion(
        number=row.number,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        by_you=row.account_id == actor.account_id,
        answers=answers,
        work_details=WorkDetails.model_validate(work) if work else None,
        documents=[documents[id] for id in named if id in documents],
        written_by={field: str(name) for field, name in (row.written_by or {}).items()},
    )


def names_of(tx: Transaction, submissions: Sequence[Submission]) -> dict[UUID, str]:
    """Name who each submission is by, by its id."""
    accounts = select(Account).where(
        col(Account.id).in_({one.account_id for one in submissions if one.account_id})
    )
    names = {account.id: account.name for account in tx.session.exec(accounts)}
    return {one.id: names[one.account_id] if one.account_id else FAMILY for one in submissions}


def name_of(tx: Transaction, submission: Submission) -> str:
    """Name who a submission is by."""
    if submission.account_id is None:
        return FAMILY
    return tx.session.get_one(Account, submission.account_id).name
