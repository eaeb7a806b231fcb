"""The progress page of a person, and removing a person from a professional's list.

Both use the person's case, forms and documents, so they depend on all of these packages.
"""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select

from server.accounts.actor import Actor, Professional
from server.cases.service import (
    deadline_to_show,
    events_of,
    newest_case,
    running_deadlines,
)
from server.cases.stages import stages_of
from server.cases.tables import Case, Publication, PublicationReader
from server.cases.texts import (
    STATE_TEXTS,
    StateText,
    deadline_text,
    name_rights_holder,
    no_case_text,
    now_text,
)
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.core.routing import TransactionRoute, Tx, audited
from server.documents.service import (
    count_unsubmitted,
    document_out,
    filter_readable,
    list_documents,
)
from server.documents.tables import Document
from server.forms.access import files_of, find_unreferenced, load_answers, remove_unreferenced
from server.forms.advice import advice_due_text, find_advice, is_awaited
from server.forms.catalogue import catalogue, pinned_form
from server.forms.filling import can_fill, closed_reason, discard, visible_submissions
from server.forms.submitting import owner_name
from server.forms.tables import Submission
from server.people.lists import remove_from_lists
from server.people.service import find_person, get_person
from server.people.tables import Person
from shared.cases.states import (
    ENDED,
    STAGE_OF,
    CaseState,
    FormRow,
    FormToStart,
    ProgressOut,
    PublishedOut,
    Stage,
)
from shared.forms.answers import StepState, facts_for, step_states
from shared.forms.submissions import SubmissionState
from shared.people import Removal
from shared.problems import ProblemCode
from shared.values.checks import AGE_LIMIT
from shared.values.days import age_on, london_day

router = APIRouter(prefix="/v1/people/{person}", route_class=TransactionRoute)


def read_progress(tx: Transaction, actor: Actor, person_id: UUID) -> ProgressOut:
    """Read the progress of a person's case and audit it; raises NOT_FOUND."""
    person = get_person(tx, actor, person_id)
    actor.record(tx, Action.PERSON_READ, subject=person_id, person=person_id)
    today = london_day(tx.now)
    case = newest_case(tx, person_id)
    events = events_of(tx, case) if case else []
    rows = _list_submissions(tx, actor, case, person_id)
    to_start = _forms_to_start(tx, case, person, today)
    deadlines = running_deadlines(tx, events)
    if case:
        state, periods = CaseState(case.state), tx.services.settings.periods
        text = StateText(STATE_TEXTS[state].name, now_text(state, deadlines, periods))
    else:
        text = no_case_text(
            has_draft=any(row.submitted_at is None for row in rows),
            can_start=bool(to_start),
            is_too_old=age_on(person.born, today) >= AGE_LIMIT,
        )
    due = deadline_to_show(deadlines, today)
    due_words = deadline_text(due.kind, due.due, today) if due else ""
    return ProgressOut(
        person=person.id,
        name=person.name,
        born=person.born,
        state=CaseState(case.state) if case else None,
        state_words=text.name,
        stages=stages_of(events, tx.services.settings.periods),
        now_words=name_rights_holder(text.now, person.born, today),
        due=due.due if due else None,
        due_words=name_rights_holder(due_words, person.born, today),
        forms=[_form_row(tx, actor, row, person, today) for row in rows],
        to_start=to_start,
        published=_list_published(tx, actor, person_id),
    )


def _list_submissions(
    tx: Transaction, actor: Actor, case: Case | None, person: UUID
) -> list[Submission]:
    """List the forms of the newest case, and drafts without a case."""
    query = visible_submissions(actor).where(col(Submission.person_id) == person)
    rows = tx.session.execute(query.order_by(col(Submission.started_at))).scalars()
    return [row for row in rows if row.case_id is None or (case and row.case_id == case.id)]


def _form_row(
    tx: Transaction, actor: Actor, row: Submission, person: Person, today: date
) -> FormRow:
    definition = pinned_form(tx, row.form, row.form_version)
    is_fillable = can_fill(tx, actor, row)
    advice = find_advice(tx, row.id)
    closed = closed_reason(tx, row)
    is_own = row.account_id == actor.account_id
    steps_done = 0
    if is_fillable:
        states = step_states(definition, load_answers(tx, row.id), facts_for(person.born, today))
        complete = {StepState.DONE, StepState.NOT_APPLICABLE}
        steps_done = sum(state in complete for state in states.values())
    return FormRow(
        submission=row.id,
        form=row.form,
        title=definition.title,
        state=SubmissionState(row.state) if is_fillable else SubmissionState.SUBMITTED,
        by_you=is_own,
        by=owner_name(tx, row),
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        received_on=row.received_on,
        reference=row.reference,
        steps_done=steps_done,
        steps=len(definition.steps),
        editable=is_fillable and not closed,
        shared=is_fillable and not is_own,
        withdrawable=is_own and not closed and row.submitted_at is not None,
        withdrawn=row.withdrawn_at is not None,
        returned=row.returned if is_fillable else "",
        due_words=advice_due_text(tx, advice) if advice else "",
        closed=closed or "" if is_fillable else "",
    )


def _forms_to_start(
    tx: Transaction, case: Case | None, person: Person, today: date
) -> list[FormToStart]:
    if age_on(person.born, today) >= AGE_LIMIT:
        return []
    state = CaseState(case.state) if case else None
    stage = STAGE_OF[state] if state and state not in ENDED else Stage.REQUEST
    return [
        FormToStart(form=form.id, title=form.title)
        for form in catalogue(tx.services.settings.forms).values()
        if form.by_professionals and form.stage == stage
    ]


def _list_published(tx: Transaction, actor: Actor, person: UUID) -> list[PublishedOut]:
    """List the documents about a child published to the actor, newest first."""
    rows = tx.session.execute(
        select(Publication, Document)
        .join(PublicationReader, col(PublicationReader.publication_id) == col(Publication.id))
        .join(Document, col(Document.id) == col(Publication.document_id))
        .where(
            PublicationReader.account_id == actor.account_id,
            col(PublicationReader.ended_at).is_(None),
            Document.person_id == person,
        )
        .order_by(col(Publication.published_at).desc())
    )
    return [
        PublishedOut(
            title=publication.title,
            published_at=publication.published_at,
            document=document_out(tx, document),
        )
        for publication, document in rows
    ]


def _own_forms(tx: Transaction, actor: Actor, person: UUID) -> list[Submission]:
    return list(
        tx.session.exec(
            select(Submission).where(
                Submission.account_id == actor.account_id, Submission.person_id == person
            )
        )
    )


def preview_removal(tx: Transaction, actor: Actor, person: UUID) -> Removal:
    """Count the items that removing a person would delete, and audit it; raises NOT_FOUND."""
    get_person(tx, actor, person)
    actor.record(tx, Action.REMOVAL_CHECKED, subject=person, person=person)
    own_forms = _own_forms(tx, actor, person)
    return Removal(
        drafts=sum(row.state != SubmissionState.SUBMITTED for row in own_forms),
        submitted=sum(row.submitted_at is not None for row in own_forms),
        documents=_count_documents_to_remove(tx, actor, person, own_forms),
    )


def _count_documents_to_remove(
    tx: Transaction, actor: Actor, person: UUID, own_forms: list[Submission]
) -> int:
    """Count the documents that `remove_person` would delete."""
    discarded = _forms_to_discard(tx, own_forms)
    files = {file for row in discarded for file in files_of(tx, row)}
    ids = filter_readable(tx, actor.account_id, person, files).union(
        _uploaded_documents(tx, actor, person)
    )
    return count_unsubmitted(tx, find_unreferenced(tx, person, ids, ignoring=discarded))


def _forms_to_discard(tx: Transaction, own_forms: list[Submission]) -> list[Submission]:
    return [
        row
        for row in own_forms
        if row.state != SubmissionState.SUBMITTED and not closed_reason(tx, row)
    ]


def _uploaded_documents(tx: Transaction, actor: Actor, person: UUID) -> list[UUID]:
    documents = list_documents(tx, actor, person)
    return [document.id for document in documents if document.account_id == actor.account_id]


def remove_person(tx: Transaction, actor: Actor, person: UUID, *, drafts: bool) -> None:
    """Remove a person from the list; with `drafts`, also discard drafts about them.

    Submitted forms are retained. Raises NOT_FOUND, DRAFT_OPEN, and NOT_ALLOWED if advice is
    awaited.
    """
    find_person(tx, actor, person)
    own_forms = _own_forms(tx, actor, person)
    if any(is_awaited(tx, advice) for row in own_forms if (advice := find_advice(tx, row.id))):
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "The Local Authority waits for your advice for this child. Hide the child instead.",
        )
    open_drafts = [row for row in own_forms if row.state != SubmissionState.SUBMITTED]
    if open_drafts and not drafts:
        raise PortalProblem(
            ProblemCode.DRAFT_OPEN,
            "There is a form that was started and not submitted. Delete it too, or keep both.",
        )
    # Discarding a draft may remove the child from the list, so documents are listed first.
    document_ids = _uploaded_documents(tx, actor, person)
    for row in _forms_to_discard(tx, own_forms):
        discard(tx, actor, row.id)
    remove_unreferenced(tx, actor, person, document_ids)
    tx.session.flush()
    remove_from_lists(tx, person, [actor.account_id])
    actor.record(tx, Action.PERSON_REMOVED, subject=person, person=person)


@router.get("/progress")
@audited
def progress(person: UUID, actor: Professional, tx: Tx) -> ProgressOut:
    """Read the progress of a person's case."""
    return read_progress(tx, actor, person)


@router.get("/removal")
def removal(person: UUID, actor: Professional, tx: Tx) -> Removal:
    """Count the items that removing a person from my list would delete."""
    return preview_removal(tx, actor, person)


@router.delete("", status_code=204)
def remove(person: UUID, actor: Professional, tx: Tx, drafts: bool = False) -> None:
    """Remove a person from my list."""
    remove_person(tx, actor, person, drafts=drafts)
