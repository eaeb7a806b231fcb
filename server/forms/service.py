"""Filling a form: starting it, opening it, saving answers, discarding a draft."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, delete, or_, select

from server.accounts.account import work_details_of
from server.accounts.actor import Actor
from server.cases.tables import Case
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid, not_found
from server.documents.service import document_out, documents_of
from server.forms.catalogue import form_filled, form_to_fill
from server.forms.tables import AnswerKept, SaveKept, Submission, SubmissionVersion
from server.people.service import get_person
from server.people.tables import ListedPerson, Person
from shared.cases import UNDECIDED, CaseState
from shared.checks import RIGHT_ENDS_AT
from shared.days import age_on, london_day
from shared.forms.answers import shape_errors
from shared.forms.submissions import (
    Answer,
    Answers,
    SaveAnswers,
    Saved,
    StartForm,
    SubmissionOut,
    SubmissionState,
)
from shared.problems import ProblemCode

DECIDED = "The Local Authority has decided on this request. It can be read, and not be changed."


def visible_submissions(actor: Actor) -> Select[Submission]:
    """Select what an actor may see of people on their list: own forms, and what was submitted."""
    return (
        select(Submission)
        .join(ListedPerson, col(ListedPerson.person_id) == col(Submission.person_id))
        .where(
            ListedPerson.account_id == actor.account_id,
            or_(
                col(Submission.account_id) == actor.account_id,
                col(Submission.submitted_at).is_not(None),
            ),
        )
    )


def find_submission(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission that the actor may see; raises NOT_FOUND."""
    query = visible_submissions(actor).where(col(Submission.id) == submission)
    found: Submission | None = tx.session.execute(query).scalar()
    if found is None:
        raise not_found()
    return found


def find_own(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission of the actor's, locked against others; raises NOT_FOUND."""
    found = find_submission(tx, actor, submission)
    if found.account_id != actor.account_id:
        raise not_found()
    tx.session.refresh(found, with_for_update=True)
    return found


def is_decided(tx: Transaction, submission: Submission) -> bool:
    """Whether the authority has decided on the case a submission belongs to."""
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    return case is not None and CaseState(case.state) not in UNDECIDED


def refuse_decided(tx: Transaction, submission: Submission) -> None:
    """Raise DECIDED where nothing can be changed any more."""
    if is_decided(tx, submission):
        raise PortalProblem(ProblemCode.DECIDED, DECIDED)


def answers_of(tx: Transaction, submission: UUID) -> Answers:
    """Read the answers of a submission as they stand."""
    rows = tx.session.exec(select(AnswerKept).where(AnswerKept.submission_id == submission))
    return {row.field: cast("Answer", row.answer) for row in rows}


def write_answers(tx: Transaction, submission: UUID, changes: Mapping[str, Answer | None]) -> None:
    """Write answers; None, and an empty text, empties a field."""
    for field, answer in changes.items():
        kept = tx.session.get(AnswerKept, (submission, field))
        if answer is None or answer in ("", []):
            if kept is not None:
                tx.session.delete(kept)
        elif kept is None:
            tx.session.add(AnswerKept(submission_id=submission, field=field, answer=answer))
        else:
            kept.answer = answer
            tx.session.add(kept)


def audit(tx: Transaction, action: Action, actor: Actor, submission: Submission) -> None:
    """Add to the audit what was done with a submission."""
    record(
        tx, action, account=actor.account_id, subject=submission.id,
        person=submission.person_id, address=actor.address,
    )  # fmt: skip


def start(tx: Transaction, actor: Actor, wanted: StartForm) -> SubmissionOut:
    """Start a form; raises NOT_FOUND, INVALID at 25 or older, CONFLICT for an id used before."""
    person = get_person(tx, actor, wanted.person)
    kept = tx.session.get(Submission, wanted.id)
    if kept is not None:
        mine = (kept.account_id, kept.form, kept.person_id)
        if mine != (actor.account_id, wanted.form, wanted.person):
            raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
        return submission_out(tx, actor, kept)
    definition = form_to_fill(tx, wanted.form)
    if not definition.by_professionals:
        raise not_found()
    if age_on(person.born, london_day(tx.now)) >= RIGHT_ENDS_AT:
        raise invalid(
            [],
            f"{person.first_name} {person.last_name} is {RIGHT_ENDS_AT} or older: a request for "
            "an assessment can't be started.",
        )
    submission = Submission(
        id=wanted.id, form=wanted.form, form_version=definition.version, person_id=person.id,
        account_id=actor.account_id, state=SubmissionState.DRAFT, started_at=tx.now,
        saved_at=tx.now,
    )  # fmt: skip
    tx.session.add(submission)
    tx.session.flush()
    audit(tx, Action.FORM_STARTED, actor, submission)
    return submission_out(tx, actor, submission)


def open_submission(tx: Transaction, actor: Actor, submission: UUID) -> SubmissionOut:
    """Open one of the actor's submissions, which the audit keeps; raises NOT_FOUND."""
    found = find_own(tx, actor, submission)
    audit(tx, Action.FORM_READ, actor, found)
    return submission_out(tx, actor, found)


def submission_out(tx: Transaction, actor: Actor, submission: Submission) -> SubmissionOut:
    """Tell all that the editor needs."""
    person = tx.session.get_one(Person, submission.person_id)
    decided = is_decided(tx, submission)
    return SubmissionOut(
        id=submission.id,
        form=form_filled(tx, submission.form, submission.form_version),
        person=person.id,
        person_name=f"{person.first_name} {person.last_name}",
        person_born=person.born,
        state=SubmissionState(submission.state),
        reference=submission.reference,
        version=submission.version,
        saved_at=submission.saved_at,
        today=london_day(tx.now),
        editable=not decided,
        why_not_editable=DECIDED if decided else None,
        answers=answers_of(tx, submission.id),
        documents=[document_out(row) for row in documents_of(tx, actor, person.id)],
        work_details=work_details_of(tx, actor.account_id),
    )


def save(
    tx: Transaction, actor: Actor, submission: UUID, given: SaveAnswers, version: int
) -> Saved:
    """Save answers, whatever they are worth; a repeat of a save is answered as the first time.

    Raises NOT_FOUND, DECIDED, STALE, and INVALID for what can't be kept at all.
    """
    found = find_own(tx, actor, submission)
    made = tx.session.get(SaveKept, given.save)
    if made is not None and made.submission_id == found.id:
        return Saved(version=made.version, saved_at=made.saved_at)
    if made is not None:
        raise PortalProblem(ProblemCode.CONFLICT, "This save was made for another form.")
    refuse_decided(tx, found)
    definition = form_filled(tx, found.form, found.form_version)
    if errors := shape_errors(definition, given.changes):
        raise invalid(errors, "Some answers can't be kept.")
    if version != found.version:
        raise PortalProblem(
            ProblemCode.STALE,
            "This form was changed elsewhere while you typed. Yours is kept here; look at both.",
            changed_by=actor.name,
            changed_at=found.saved_at.isoformat(),
        )
    write_answers(tx, found.id, given.changes)
    if found.state == SubmissionState.SUBMITTED:
        found.state = SubmissionState.EDITING
    found.version += 1
    found.saved_at = tx.now
    tx.session.add(found)
    tx.session.add(
        SaveKept(id=given.save, submission_id=found.id, version=found.version, saved_at=tx.now)
    )
    audit(tx, Action.FORM_SAVED, actor, found)
    return Saved(version=found.version, saved_at=tx.now)


def newest_version(tx: Transaction, submission: UUID) -> SubmissionVersion | None:
    """Find what was submitted last."""
    return tx.session.exec(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == submission)
        .order_by(col(SubmissionVersion.number).desc())
    ).first()


def discard(tx: Transaction, actor: Actor, submission: UUID) -> None:
    """Discard a draft; one that was submitted goes back to that. Raises NOT_FOUND, DECIDED."""
    found = find_own(tx, actor, submission)
    if found.state == SubmissionState.SUBMITTED:
        return
    refuse_decided(tx, found)
    audit(tx, Action.FORM_DISCARDED, actor, found)
    tx.session.exec(delete(AnswerKept).where(col(AnswerKept.submission_id) == found.id))
    submitted = newest_version(tx, found.id)
    if submitted is None:
        tx.session.exec(delete(SaveKept).where(col(SaveKept.submission_id) == found.id))
        tx.session.delete(found)
        return
    write_answers(tx, found.id, cast("Answers", submitted.answers))
    found.state = SubmissionState.SUBMITTED
    found.version += 1
    found.saved_at = tx.now
    tx.session.add(found)
