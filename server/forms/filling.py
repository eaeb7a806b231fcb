"""Filling a form: starting it, opening it, saving answers, discarding a draft."""

from typing import cast
from uuid import UUID

from sqlalchemy import Exists, Select, exists
from sqlmodel import and_, col, delete, or_, select

from server.accounts.account import work_details_of
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid, not_found
from server.documents.service import document_out, documents_of, readable_by
from server.forms.access import (
    answers_of,
    files_of,
    reduce_access,
    remove_unnamed,
    revoke_access,
    writers_and_readers,
)
from server.forms.advice import advice_of
from server.forms.answers import write_answers
from server.forms.catalogue import form_filled, form_to_fill
from server.forms.tables import (
    AdviceRequest,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
    SubmissionVersion,
)
from server.people.service import hold_person
from server.people.tables import ListedPerson, Person
from shared.accounts import Staff, WorkDetails
from shared.cases.states import UNDECIDED, CaseState
from shared.desk import AdviceState
from shared.forms.submissions import (
    Answer,
    Answers,
    StartForm,
    SubmissionOut,
    SubmissionState,
)
from shared.problems import ProblemCode
from shared.values.checks import RIGHT_ENDS_AT
from shared.values.days import age_on, london_day

DECIDED = "The Local Authority has decided on this request. It can be read, and not be changed."
ACCEPTED = "The Local Authority has accepted this advice. It can be read, and not be changed."
CANCELLED = "The Local Authority no longer needs this advice. It can be read, and not be changed."
WITHDRAWN = "This was withdrawn. It can be read, and not be changed."


def visible_submissions(actor: Actor) -> Select[Submission]:
    """Select what an actor may see.

    A professional sees, of people on their list, their own forms, those shared with them, and the
    requests that were submitted; another's advice never. An officer sees what was submitted.
    """
    if actor.staff is Staff.OFFICER:
        return select(Submission).where(col(Submission.submitted_at).is_not(None))
    is_advice = exists().where(col(AdviceRequest.submission_id) == col(Submission.id))
    return (
        select(Submission)
        .join(ListedPerson, col(ListedPerson.person_id) == col(Submission.person_id))
        .where(
            ListedPerson.account_id == actor.account_id,
            or_(
                col(Submission.account_id) == actor.account_id,
                _shared_with(actor),
                and_(col(Submission.submitted_at).is_not(None), ~is_advice),
            ),
        )
    )


def _shared_with(actor: Actor) -> Exists:
    return exists().where(
        col(SubmissionShare.submission_id) == col(Submission.id),
        col(SubmissionShare.account_id) == actor.account_id,
    )


def find_submission(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission that the actor may see; raises NOT_FOUND."""
    query = visible_submissions(actor).where(col(Submission.id) == submission)
    found: Submission | None = tx.session.execute(query).scalar()
    if found is None:
        raise not_found()
    return found


def find_fillable(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission that the actor may fill; raises NOT_FOUND."""
    found = find_submission(tx, actor, submission)
    if not can_fill(tx, actor, found):
        raise not_found()
    return found


def lock_fillable(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission that the actor may fill, locked against others; raises NOT_FOUND."""
    found = find_fillable(tx, actor, submission)
    tx.session.refresh(found, with_for_update=True)
    return found


def lock_own(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    """Find a submission of the actor's own, locked against others; raises NOT_FOUND.

    Raises NOT_ALLOWED where it is only shared with them.
    """
    found = lock_fillable(tx, actor, submission)
    if found.account_id != actor.account_id:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "Only whose form it is can do this.")
    return found


def can_fill(tx: Transaction, actor: Actor, submission: Submission) -> bool:
    """Whether a submission is the actor's to fill: their own, or shared with them."""
    if submission.account_id == actor.account_id:
        return True
    return tx.session.get(SubmissionShare, (submission.id, actor.account_id)) is not None


def closed_reason(tx: Transaction, submission: Submission) -> str | None:
    """Say why nothing can be changed any more; None where it can."""
    if submission.withdrawn_at is not None:
        return WITHDRAWN
    if advice := advice_of(tx, submission.id):
        closed = {AdviceState.ACCEPTED: ACCEPTED, AdviceState.CANCELLED: CANCELLED}
        return closed.get(AdviceState(advice.state))
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    decided = case is not None and CaseState(case.state) not in UNDECIDED
    return DECIDED if decided else None


def require_open(tx: Transaction, submission: Submission) -> None:
    """Raise DECIDED where nothing can be changed any more, else hold off who decides on it."""
    if submission.case_id is not None:
        tx.session.get(Case, submission.case_id, with_for_update=True)
    if why := closed_reason(tx, submission):
        raise PortalProblem(ProblemCode.DECIDED, why)


def start(tx: Transaction, actor: Actor, wanted: StartForm) -> SubmissionOut:
    """Start a form; raises NOT_FOUND, INVALID at 25 or older, CONFLICT for an id used before."""
    person = hold_person(tx, actor, wanted.person)
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
            f"{person.name} is {RIGHT_ENDS_AT} or older: a request for an "
            "assessment can't be started.",
        )
    submission = Submission(
        id=wanted.id, form=wanted.form, form_version=definition.version, person_id=person.id,
        account_id=actor.account_id, state=SubmissionState.DRAFT, started_at=tx.now,
        saved_at=tx.now,
    )  # fmt: skip
    tx.session.add(submission)
    tx.session.flush()
    actor.record(tx, Action.FORM_STARTED, subject=submission.id, person=submission.person_id)
    return submission_out(tx, actor, submission)


def open_submission(tx: Transaction, actor: Actor, submission: UUID) -> SubmissionOut:
    """Open one of the actor's submissions, which the audit keeps; raises NOT_FOUND."""
    found = lock_fillable(tx, actor, submission)
    actor.record(tx, Action.FORM_READ, subject=found.id, person=found.person_id)
    return submission_out(tx, actor, found)


def submission_out(tx: Transaction, actor: Actor, submission: Submission) -> SubmissionOut:
    """Tell all that the editor needs."""
    person = tx.session.get_one(Person, submission.person_id)
    closed = closed_reason(tx, submission)
    advice = advice_of(tx, submission.id)
    newest = newest_version(tx, submission.id) if submission.submitted_at else None
    return SubmissionOut(
        id=submission.id,
        form=form_filled(tx, submission.form, submission.form_version),
        person=person.id,
        person_name=person.name,
        person_born=person.born,
        state=SubmissionState(submission.state),
        reference=submission.reference,
        version=submission.version,
        saved_at=submission.saved_at,
        today=london_day(tx.now),
        editable=closed is None,
        why_not_editable=closed,
        returned=submission.returned,
        due=advice.due_on if advice else None,
        answers=answers_of(tx, submission.id),
        writers={
            field: account.name
            for field, account in accounts_of_answers(tx, submission.id)
            if account.id != actor.account_id
        },
        submitted_by=_submitted_by_another(newest, actor),
        submitted_at=newest.submitted_at if newest else None,
        documents=[document_out(row) for row in documents_of(tx, actor, person.id)],
        work_details=work_details_for(tx, actor, submission),
    )


def work_details_for(tx: Transaction, actor: Actor, submission: Submission) -> list[WorkDetails]:
    """List the roles that a form can be completed in: the actor's, and those of its owner."""
    found = work_details_of(tx, actor.account_id)
    if submission.account_id and submission.account_id != actor.account_id:
        found = [*work_details_of(tx, submission.account_id), *found]
    return found


def writers_of(tx: Transaction, submission: UUID) -> dict[str, object] | None:
    """Name who wrote each answer, by field, where more than one person did."""
    rows = accounts_of_answers(tx, submission)
    if len({account.id for _, account in rows}) < 2:
        return None
    return {field: account.name for field, account in rows}


def accounts_of_answers(tx: Transaction, submission: UUID) -> list[tuple[str, Account]]:
    """List each field that has an answer, with who wrote it last."""
    rows = tx.session.execute(
        select(StoredAnswer.field, Account)
        .join(Account, col(Account.id) == col(StoredAnswer.account_id))
        .where(StoredAnswer.submission_id == submission)
    )
    return [(field, account) for field, account in rows]


def _submitted_by_another(newest: SubmissionVersion | None, actor: Actor) -> str | None:
    another = newest is not None and newest.account_id != actor.account_id
    return newest.submitted_by if newest and another else None


def newest_version(tx: Transaction, submission: UUID) -> SubmissionVersion | None:
    """Find what was submitted last."""
    return tx.session.exec(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == submission)
        .order_by(col(SubmissionVersion.number).desc())
    ).first()


def discard(tx: Transaction, actor: Actor, submission: UUID) -> None:
    """Discard a draft; what was submitted goes back to that, and advice is begun anew.

    The documents of it alone go with it. Raises NOT_FOUND, DECIDED, NOT_ALLOWED where it is
    another's.
    """
    found = lock_own(tx, actor, submission)
    if found.state == SubmissionState.SUBMITTED:
        return
    require_open(tx, found)
    actor.record(tx, Action.FORM_DISCARDED, subject=found.id, person=found.person_id)
    filled = writers_and_readers(tx, found)
    files = readable_by(tx, actor.account_id, found.person_id, files_of(tx, found))
    submitted = newest_version(tx, found.id)
    if submitted is None and advice_of(tx, found.id) is None:
        for kept in (StoredAnswer, StoredSave, SubmissionShare):
            tx.session.exec(delete(kept).where(col(kept.submission_id) == found.id))
        tx.session.delete(found)
        for account in filled:
            revoke_access(tx, found, account)
    else:
        _go_back(tx, actor, found, submitted)
        for account in filled:
            reduce_access(tx, found.person_id, account)
    remove_unnamed(tx, actor, found.person_id, files)


def _go_back(
    tx: Transaction, actor: Actor, found: Submission, submitted: SubmissionVersion | None
) -> None:
    """Take back what was changed since a version; what was not stays under its writer's name."""
    now = answers_of(tx, found.id)
    then = cast("Answers", submitted.answers) if submitted else {}
    changes: dict[str, Answer | None] = dict.fromkeys(now.keys() - then.keys())
    changes |= {field: answer for field, answer in then.items() if now.get(field) != answer}
    write_answers(tx, found.id, changes, submitted.account_id if submitted else None)
    if found.submitted_at is not None:
        found.state = SubmissionState.SUBMITTED
    found.version += 1
    found.saved_at, found.saved_by = tx.now, actor.account_id
    tx.session.add(found)
