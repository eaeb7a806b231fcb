"""Submitting a form: validation, the stored version, the reference, the confirmation."""

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
from server.documents.service import (
    documents_by_id,
    list_documents,
    lock_documents,
    retain_documents,
)
from server.forms.access import load_answers
from server.forms.advice import find_advice, set_advice_state
from server.forms.catalogue import pinned_form
from server.forms.entries import Entry, load_entries
from server.forms.filling import (
    author_names,
    find_submission,
    lock_fillable,
    newest_version,
    require_open,
    work_details_for,
)
from server.forms.references import documents_in, references_in
from server.forms.tables import Submission, SubmissionVersion
from server.messages.service import send_message
from server.people.service import filter_listed
from server.people.tables import Person
from shared.accounts import WorkDetails
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import AdviceState
from shared.documents import VIRUS_FOUND, DocumentOut, ScanState
from shared.forms.answers import check, facts_for, filter_blocking
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
from shared.values.days import format_day, london_day
from shared.values.identifiers import UNAMBIGUOUS

REFERENCE_LENGTH = 8
FAMILY = "the family"


def submit(tx: Transaction, actor: Actor, submission_id: UUID, version_id: UUID) -> Confirmation:
    """Submit the saved answers; idempotent by the id of the version.

    Raises NOT_FOUND, DECIDED, CONFLICT, and NOT_COMPLETE with the errors.
    """
    submission = lock_fillable(tx, actor, submission_id)
    version = tx.session.get(SubmissionVersion, version_id)
    if (
        version is None
        and submission.state == SubmissionState.SUBMITTED
        and not submission.returned
    ):
        version = newest_version(tx, submission.id)  # nothing has changed since that version
    if version is not None:
        if version.submission_id != submission.id:
            raise PortalProblem(ProblemCode.CONFLICT, "This was submitted for another form.")
        return _build_confirmation(tx, submission, version)
    require_open(tx, submission)
    definition = pinned_form(tx, submission.form, submission.form_version)
    if submission.case_id is None and definition.stage == "request":
        # Rows are always locked in this order: form, child, case, documents.
        submission.case_id = open_case(tx, submission.person_id, actor.account_id).id
    answers = load_answers(tx, submission.id)
    files = documents_in(definition, answers)
    lock_documents(tx, files)  # a document must not be removed between the check and the submission
    _require_complete(tx, actor, submission, definition, answers)
    version = _build_version(tx, actor, submission, definition, answers, version_id)
    tx.session.add(version)
    retain_documents(tx, files)
    _mark_submitted(tx, actor, submission)
    actor.record(tx, Action.FORM_SUBMITTED, subject=submission.id, person=submission.person_id)
    confirmation = _build_confirmation(tx, submission, version)
    _notify(tx, actor, confirmation, submission)
    return confirmation


def _build_version(
    tx: Transaction,
    actor: Actor,
    submission: Submission,
    definition: FormDefinition,
    answers: Answers,
    version_id: UUID,
) -> SubmissionVersion:
    """Build the next version of a submission from its saved answers."""
    previous = newest_version(tx, submission.id)
    return SubmissionVersion(
        id=version_id,
        submission_id=submission.id,
        number=previous.number + 1 if previous else 1,
        submitted_at=tx.now,
        account_id=actor.account_id,
        submitted_by=actor.name,
        answers=cast("dict[str, object]", answers),
        work_details=_selected_work_details(tx, actor, submission, definition, answers),
        written_by=author_names(tx, submission.id),
    )


def _mark_submitted(tx: Transaction, actor: Actor, submission: Submission) -> None:
    set_advice_state(tx, submission.id, AdviceState.SUBMITTED)
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    if case is not None and case.state == CaseState.RETURNED_FOR_INFO and submission.returned:
        add_event(tx, case, EventKind.RESUBMITTED, account=actor.account_id)
    submission.returned = ""
    if submission.reference is None:
        submission.reference = new_reference(tx)
    submission.state = SubmissionState.SUBMITTED
    submission.submitted_at = tx.now
    submission.version += 1
    tx.session.add(submission)
    tx.session.flush()


def new_reference(tx: Transaction) -> str:
    """Generate a unique reference of 8 unambiguous characters."""
    while True:
        reference = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(REFERENCE_LENGTH))
        existing = select(Submission.id).where(Submission.reference == reference)
        if tx.session.exec(existing).first() is None:
            return reference


def _require_complete(
    tx: Transaction,
    actor: Actor,
    submission: Submission,
    definition: FormDefinition,
    answers: Answers,
) -> None:
    person = tx.session.get_one(Person, submission.person_id)
    findings = filter_blocking(
        check(definition, answers, facts_for(person.born, london_day(tx.now)))
    )
    errors = [field_error(finding.pointer, finding.message, finding.level) for finding in findings]
    errors += _unknown_references(tx, actor, submission, definition, answers)
    if errors:
        raise PortalProblem(
            ProblemCode.NOT_COMPLETE,
            "Some answers must be looked at before this can be submitted. All of it is kept.",
            errors=errors,
        )


def _unknown_references(
    tx: Transaction,
    actor: Actor,
    submission: Submission,
    definition: FormDefinition,
    answers: Answers,
) -> Iterator[FieldError]:
    work_details = {str(work.id) for work in work_details_for(tx, actor, submission)}
    scans = {str(row.id): row.scan for row in list_documents(tx, actor, submission.person_id)}
    for pointer, kind, answer in references_in(definition, answers):
        if kind == "work_details" and answer not in work_details:
            yield field_error(pointer, "Select the work details again: those chosen were removed.")
        if kind == "file" and answer not in scans:
            yield field_error(
                pointer, "This file is not there any more. Choose it and upload it again."
            )
        if kind == "file" and scans.get(str(answer)) == ScanState.INFECTED:
            yield field_error(pointer, VIRUS_FOUND)


def _selected_work_details(
    tx: Transaction,
    actor: Actor,
    submission: Submission,
    definition: FormDefinition,
    answers: Answers,
) -> dict[str, object] | None:
    selected_ids = {
        answer for _, kind, answer in references_in(definition, answers) if kind == "work_details"
    }
    for work in work_details_for(tx, actor, submission):
        if str(work.id) in selected_ids:
            return work.model_dump(mode="json")
    return None


def _build_confirmation(
    tx: Transaction, submission: Submission, version: SubmissionVersion
) -> Confirmation:
    person = tx.session.get_one(Person, submission.person_id)
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    if find_advice(tx, submission.id) is not None:
        case = None  # no decision follows from advice alone
    return Confirmation(
        reference=submission.reference or "",
        form_title=pinned_form(tx, submission.form, submission.form_version).title,
        person_name=person.name,
        number=version.number,
        submitted_at=version.submitted_at,
        decision_due=_decision_due(tx, case) if case else None,
    )


def _decision_due(tx: Transaction, case: Case) -> date | None:
    due = running_deadlines(tx, events_of(tx, case))
    return next((deadline.due for deadline in due if deadline.kind is DeadlineKind.DECIDE), None)


def _notify(
    tx: Transaction, actor: Actor, confirmation: Confirmation, submission: Submission
) -> None:
    """Notify the submitter and the form's owner of its receipt, and the case's officer."""
    due = confirmation.decision_due
    is_late = due is not None and due < london_day(tx.now)
    decision = f" The Local Authority decides by {format_day(due)}." if due and not is_late else ""
    version_text = f" (version {confirmation.number})" if confirmation.number > 1 else ""
    title = f"{confirmation.form_title} for {confirmation.person_name}{version_text}"
    advice = find_advice(tx, submission.id)
    accounts = {actor.account_id, submission.account_id or actor.account_id}
    for account in filter_listed(tx, submission.person_id, accounts):
        send_message(
            tx,
            to_account=account,
            subject=f"Your {'advice' if advice else 'request'} was received",
            body=f"{title} was received. Its reference is {confirmation.reference}.{decision}",
            person=submission.person_id,
            place=PlaceKind.VERSIONS.of(submission.id),
            place_label="View details",
        )
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    if case is not None and case.officer_id is not None:
        send_message(
            tx,
            to_account=case.officer_id,
            subject="A form of your case was submitted",
            body=f"{title} was submitted by {actor.name}.",
            person=submission.person_id,
            place=PlaceKind.CASE.of(case.id),
            place_label="Open the case",
        )


def read_history(tx: Transaction, actor: Actor, submission_id: UUID) -> SubmissionHistory:
    """Return every submitted version, and audit the reading; raises NOT_FOUND."""
    submission = find_submission(tx, actor, submission_id)
    actor.record(tx, Action.FORM_READ, subject=submission.id, person=submission.person_id)
    definition = pinned_form(tx, submission.form, submission.form_version)
    person = tx.session.get_one(Person, submission.person_id)
    rows = tx.session.exec(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == submission.id)
        .order_by(col(SubmissionVersion.number))
    ).all()
    ids = {id for row in rows for id in documents_in(definition, cast("Answers", row.answers))}
    documents = documents_by_id(tx, ids)
    entries = load_entries(tx, actor, submission)
    return SubmissionHistory(
        id=submission.id,
        form=definition,
        person=person.id,
        person_name=person.name,
        person_born=person.born,
        reference=submission.reference,
        submitted_by_you=submission.account_id == actor.account_id,
        versions=[
            version_out(actor, row, definition, documents, entries.of(row.number)) for row in rows
        ],
    )


def version_out(
    actor: Actor,
    row: SubmissionVersion,
    definition: FormDefinition,
    documents: dict[UUID, DocumentOut],
    entry: Entry,
) -> SubmittedVersion:
    """Build the view of a submitted version from its row and documents."""
    answers = cast("Answers", row.answers)
    ids = documents_in(definition, answers)
    work = row.work_details
    return SubmittedVersion(
        number=row.number,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        by_you=row.account_id == actor.account_id,
        received_on=entry.received_on,
        entered_by=entry.entered_by,
        corrected_by=entry.corrected_by,
        answers=answers,
        work_details=WorkDetails.model_validate(work) if work else None,
        documents=[documents[id] for id in ids if id in documents],
        written_by={field: str(name) for field, name in (row.written_by or {}).items()},
    )


def owner_names(tx: Transaction, submissions: Sequence[Submission]) -> dict[UUID, str]:
    """Return the name of each submission's owner, by submission id."""
    accounts = select(Account).where(
        col(Account.id).in_({row.account_id for row in submissions if row.account_id})
    )
    names = {account.id: account.name for account in tx.session.exec(accounts)}
    return {row.id: names[row.account_id] if row.account_id else FAMILY for row in submissions}


def owner_name(tx: Transaction, submission: Submission) -> str:
    """Return the name of a submission's owner."""
    if submission.account_id is None:
        return FAMILY
    return tx.session.get_one(Account, submission.account_id).name
