"""Starting, opening and discarding forms."""

from typing import cast
from uuid import UUID

from sqlalchemy import Exists, Select, exists
from sqlmodel import and_, col, delete, or_, select

from server.accounts.account import list_work_details
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid, not_found
from server.documents.service import document_out, filter_readable, list_documents
from server.forms.access import (
    accounts_with_access,
    files_of,
    load_answers,
    reduce_access,
    remove_unreferenced,
    revoke_access,
)
from server.forms.advice import find_advice, find_paper_advice, is_needless
from server.forms.answers import write_answers
from server.forms.catalogue import pin_form, pinned_form
from server.forms.prefilling import prefilled_answers
from server.forms.tables import (
    AdviceRequest,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
    SubmissionVersion,
)
from server.people.service import lock_person
from server.people.tables import ListedPerson, Person
from shared.accounts import Staff, WorkDetails
from shared.cases.states import UNDECIDED, CaseState
from shared.desk import AdviceState
from shared.forms.definition import FormDefinition
from shared.forms.submissions import (
    Answer,
    Answers,
    StartForm,
    SubmissionOut,
    SubmissionState,
)
from shared.problems import ProblemCode
from shared.values.checks import AGE_LIMIT
from shared.values.days import age_on, format_day, london_day

DECIDED = "The Local Authority has decided on this request. It can be read, and not be changed."
ACCEPTED = "The Local Authority has accepted this advice. It can be read, and not be changed."
ON_PAPER = (
    "The Local Authority received this advice on paper on {day}. You can read the form, but not "
    "change it."
)
CANCELLED = "The Local Authority no longer needs this advice. It can be read, and not be changed."
WITHDRAWN = "This was withdrawn. It can be read, and not be changed."


def visible_submissions(actor: Actor) -> Select[Submission]:
    """Select the submissions visible to an actor.

    A professional sees forms of people on their list: their own, those shared with them, and
    submitted requests, but not other people's advice. An officer sees submitted forms.
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
                _is_shared_with(actor),
                and_(col(Submission.submitted_at).is_not(None), ~is_advice),
            ),
        )
    )


def _is_shared_with(actor: Actor) -> Exists:
    return exists().where(
        col(SubmissionShare.submission_id) == col(Submission.id),
        col(SubmissionShare.account_id) == actor.account_id,
    )


def find_submission(tx: Transaction, actor: Actor, submission_id: UUID) -> Submission:
    """Return a submission visible to the actor; raises NOT_FOUND."""
    query = visible_submissions(actor).where(col(Submission.id) == submission_id)
    submission: Submission | None = tx.session.execute(query).scalar()
    if submission is None:
        raise not_found()
    return submission


def find_fillable(tx: Transaction, actor: Actor, submission_id: UUID) -> Submission:
    """Return a submission that the actor may fill; raises NOT_FOUND."""
    submission = find_submission(tx, actor, submission_id)
    if not can_fill(tx, actor, submission):
        raise not_found()
    return submission


def lock_fillable(tx: Transaction, actor: Actor, submission_id: UUID) -> Submission:
    """Lock and return a submission that the actor may fill; raises NOT_FOUND."""
    submission = find_fillable(tx, actor, submission_id)
    # While this waited for the lock, it may have been discarded, or access to it ended.
    if not tx.lock(submission) or not can_fill(tx, actor, submission):
        raise not_found()
    return submission


def lock_own(tx: Transaction, actor: Actor, submission_id: UUID) -> Submission:
    """Lock and return one of the actor's own submissions.

    Raises NOT_FOUND, and NOT_ALLOWED if it is only shared with them.
    """
    submission = lock_fillable(tx, actor, submission_id)
    if submission.account_id != actor.account_id:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "Only the form's owner can do this.")
    return submission


def can_fill(tx: Transaction, actor: Actor, submission: Submission) -> bool:
    """Whether the actor owns a submission or it is shared with them."""
    if submission.account_id == actor.account_id:
        return True
    key = (submission.id, actor.account_id)
    return tx.session.get(SubmissionShare, key, populate_existing=True) is not None


def closed_reason(tx: Transaction, submission: Submission) -> str | None:
    """Return why a submission can no longer be changed, or None if it can."""
    if submission.withdrawn_at is not None:
        return WITHDRAWN
    if advice := find_advice(tx, submission.id):
        return _closed_advice(tx, advice)
    case = tx.session.get(Case, submission.case_id) if submission.case_id else None
    is_decided = case is not None and CaseState(case.state) not in UNDECIDED
    return DECIDED if is_decided else None


def _closed_advice(tx: Transaction, advice: AdviceRequest) -> str | None:
    """Return why requested advice can no longer be changed, or None if it can."""
    if advice.state == AdviceState.CANCELLED:
        return CANCELLED
    if advice.state != AdviceState.ACCEPTED:
        return None
    paper = find_paper_advice(tx, advice.id)
    return ON_PAPER.format(day=format_day(paper.received_on)) if paper else ACCEPTED


def require_open(tx: Transaction, submission: Submission) -> None:
    """Lock the case and raise DECIDED if the submission can no longer be changed."""
    if submission.case_id is not None:
        tx.session.get(Case, submission.case_id, with_for_update=True)
    if reason := closed_reason(tx, submission):
        raise PortalProblem(ProblemCode.DECIDED, reason)


def start(tx: Transaction, actor: Actor, body: StartForm) -> SubmissionOut:
    """Start a form.

    Raises NOT_FOUND, INVALID for a person of 25 or older, CONFLICT for an id used before.
    """
    person = lock_person(tx, actor, body.person)
    existing = tx.session.get(Submission, body.id)
    if existing is not None:
        key = (existing.account_id, existing.form, existing.person_id)
        if key != (actor.account_id, body.form, body.person):
            raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
        return submission_out(tx, actor, existing)
    definition = pin_form(tx, body.form)
    if not definition.by_professionals:
        raise not_found()
    if age_on(person.born, london_day(tx.now)) >= AGE_LIMIT:
        raise invalid(
            [],
            f"{person.name} is {AGE_LIMIT} or older: a request for an assessment can't be started.",
        )
    submission = build_draft(tx, body.id, definition, person.id, account=actor.account_id)
    tx.session.add(submission)
    tx.session.flush()
    write_answers(tx, submission.id, prefilled_answers(definition, person), actor.account_id)
    actor.record(tx, Action.FORM_STARTED, subject=submission.id, person=submission.person_id)
    return submission_out(tx, actor, submission)


def open_submission(tx: Transaction, actor: Actor, submission_id: UUID) -> SubmissionOut:
    """Open a submission that the actor may fill, and audit it; raises NOT_FOUND."""
    submission = lock_fillable(tx, actor, submission_id)
    actor.record(tx, Action.FORM_READ, subject=submission.id, person=submission.person_id)
    return submission_out(tx, actor, submission)


def submission_out(tx: Transaction, actor: Actor, submission: Submission) -> SubmissionOut:
    """Build the editor's view of a submission."""
    person = tx.session.get_one(Person, submission.person_id)
    closed = closed_reason(tx, submission)
    advice = find_advice(tx, submission.id)
    not_needed = advice is not None and is_needless(tx, advice)
    is_due = closed is None and not not_needed
    version = newest_version(tx, submission.id) if submission.submitted_at else None
    return SubmissionOut(
        id=submission.id,
        form=pinned_form(tx, submission.form, submission.form_version),
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
        returned=submission.returned if closed is None else "",
        due=advice.due_on if advice and is_due else None,
        not_needed=not_needed,
        answers=load_answers(tx, submission.id),
        writers={
            field: account.name
            for field, account in answer_authors(tx, submission.id)
            if account.id != actor.account_id
        },
        submitted_by=_submitted_by_another(version, actor),
        submitted_at=version.submitted_at if version else None,
        documents=[document_out(tx, row) for row in list_documents(tx, actor, person.id)],
        work_details=work_details_for(tx, actor, submission),
    )


def work_details_for(tx: Transaction, actor: Actor, submission: Submission) -> list[WorkDetails]:
    """List the work details that a form can use: its owner's and the actor's."""
    work_details = list_work_details(tx, actor.account_id)
    if submission.account_id and submission.account_id != actor.account_id:
        work_details = [*list_work_details(tx, submission.account_id), *work_details]
    return work_details


def author_names(tx: Transaction, submission: UUID) -> dict[str, object] | None:
    """Map each field to the name of its answer's author; None for a single author."""
    rows = answer_authors(tx, submission)
    if len({account.id for _, account in rows}) < 2:
        return None
    return {field: account.name for field, account in rows}


def answer_authors(tx: Transaction, submission: UUID) -> list[tuple[str, Account]]:
    """List each answered field with the account that last changed it."""
    rows = tx.session.execute(
        select(StoredAnswer.field, Account)
        .join(Account, col(Account.id) == col(StoredAnswer.account_id))
        .where(StoredAnswer.submission_id == submission)
    )
    return [(field, account) for field, account in rows]


def _submitted_by_another(version: SubmissionVersion | None, actor: Actor) -> str | None:
    by_another = version is not None and version.account_id != actor.account_id
    return version.submitted_by if version and by_another else None


def build_draft(
    tx: Transaction,
    id: UUID,
    definition: FormDefinition,
    person: UUID,
    *,
    account: UUID | None = None,
    case: UUID | None = None,
) -> Submission:
    """Build a form that is started now; without an account it belongs to nobody."""
    return Submission(
        id=id,
        form=definition.id,
        form_version=definition.version,
        person_id=person,
        account_id=account,
        case_id=case,
        state=SubmissionState.DRAFT,
        started_at=tx.now,
        saved_at=tx.now,
    )


def newest_version(tx: Transaction, submission: UUID) -> SubmissionVersion | None:
    """Return the latest submitted version, or None."""
    return tx.session.exec(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == submission)
        .order_by(col(SubmissionVersion.number).desc())
    ).first()


def discard(tx: Transaction, actor: Actor, submission_id: UUID) -> None:
    """Discard a draft, or revert to the last submitted version; draft advice is emptied.

    Documents that only the draft names are removed. Raises NOT_FOUND, DECIDED, and NOT_ALLOWED if
    the form belongs to another account.
    """
    submission = lock_own(tx, actor, submission_id)
    if submission.state == SubmissionState.SUBMITTED:
        return
    require_open(tx, submission)
    actor.record(tx, Action.FORM_DISCARDED, subject=submission.id, person=submission.person_id)
    accounts = accounts_with_access(tx, submission)
    files = filter_readable(tx, actor.account_id, submission.person_id, files_of(tx, submission))
    version = newest_version(tx, submission.id)
    if version is None and find_advice(tx, submission.id) is None:
        for table in (StoredAnswer, StoredSave, SubmissionShare):
            tx.session.exec(delete(table).where(col(table.submission_id) == submission.id))
        tx.session.delete(submission)
        for account in accounts:
            revoke_access(tx, submission, account)
    else:
        revert(tx, submission, version, by=actor.account_id)
        for account in accounts:
            reduce_access(tx, submission.person_id, account)
    remove_unreferenced(tx, actor, submission.person_id, files)


def revert(
    tx: Transaction, submission: Submission, version: SubmissionVersion | None, by: UUID | None
) -> None:
    """Revert to a version, or to empty answers; unchanged answers keep their author."""
    current = load_answers(tx, submission.id)
    previous = cast("Answers", version.answers) if version else {}
    changes: dict[str, Answer | None] = dict.fromkeys(current.keys() - previous.keys())
    changes |= {field: answer for field, answer in previous.items() if current.get(field) != answer}
    write_answers(tx, submission.id, changes, version.account_id if version else None)
    if submission.submitted_at is not None:
        submission.state = SubmissionState.SUBMITTED
    submission.version += 1
    submission.saved_at, submission.saved_by = tx.now, by
    tx.session.add(submission)
