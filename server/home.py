"""Home: the work waiting for an account, read with few statements and bounded lists.

Every statement starts from an index of the account's unfinished rows, so a year of finished work
costs nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar, cast
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import ColumnElement, Row, Select, literal_column
from sqlmodel import and_, col, func, or_, select

from server.accounts.actor import Actor, TwoStepVerified
from server.cases.tables import NOTHING_DUE, Case
from server.cases.texts import STATE_TEXTS, due_kind, name_rights_holder
from server.casework.tasks import list_tasks
from server.core.audit import Action
from server.core.database import Transaction
from server.core.outbox import OutboxMail
from server.core.routing import TransactionRoute, Tx
from server.forms.advice import awaits
from server.forms.catalogue import pinned_forms
from server.forms.tables import AdviceRequest, StoredAnswer, Submission, SubmissionShare
from server.messages.inbox import IN_INBOX, NEWEST_FIRST, UNREAD
from server.messages.service import message_row, visible_messages
from server.messages.tables import Message
from server.people.tables import ListedPerson, Person
from shared.accounts import Staff
from shared.cases.deadlines import DEADLINE_LABELS
from shared.cases.states import UNDECIDED, CaseState
from shared.casework import TaskQuery
from shared.desk import AWAITED, AdviceState
from shared.forms.answers import facts_for, resume_step, step_states
from shared.forms.definition import FormDefinition
from shared.forms.submissions import Answer, Answers, SubmissionState
from shared.home import (
    HOME_MESSAGES,
    HOME_ROWS,
    CaseDue,
    ChildNews,
    FormDue,
    FormToContinue,
    HomeOut,
    Part,
    TaskDue,
)
from shared.messages import MessageRow
from shared.places import PlaceKind
from shared.values.days import london_day

UNREAD_LIMIT = 50
"""Maximum number of unread messages that are split into news and others."""
IN_PROGRESS = (SubmissionState.DRAFT, SubmissionState.EDITING)
STARTED_ADVICE = AWAITED - {AdviceState.REQUESTED}
TOTAL = func.count().over().label("total")

RowT = TypeVar("RowT")
FormRows = Sequence[Row[*tuple[Any, ...]]]
"""Rows of a form, its child, its advice request or None, and the total number of rows."""

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


def build_home(tx: Transaction, actor: Actor) -> HomeOut:
    """Build the Home of a professional, an officer or the support desk, and audit the reading."""
    today = london_day(tx.now)
    out = HomeOut(today=today)
    shown = _add_messages(tx, actor, out)
    match actor.staff:
        case Staff.OFFICER:
            out.cases = _list_cases(tx, col(Case.officer_id) == actor.account_id, shown)
            out.tasks = _list_tasks(tx, actor, shown)
            out.unassigned = _list_cases(tx, col(Case.officer_id).is_(None), shown)
        case Staff.SUPPORT:
            out.unsent_mails = _count_unsent_mails(tx)
        case _:
            rows = _forms_in_progress(tx, actor)
            out.forms = _build_part(_forms_to_continue(tx, rows, today), rows)
            due = _forms_due(tx, actor, [form.submission for form in out.forms.rows])
            out.due = _build_part(_forms_to_submit(tx, due), due)
            shown.update(person.id for _, person, *_ in (*rows, *due))
    actor.record_shown(tx, Action.SHOWN_ON_HOME, shown)
    return out


def _build_part(rows: list[RowT], source: Sequence[Row[*tuple[Any, ...]]]) -> Part[RowT]:
    """Build a part of Home; `source` holds the total number of rows."""
    return Part(rows=rows, more=source[0].total - len(rows) if source else 0)


def _select_forms() -> Select[Any]:
    """Select forms with their child, advice request and the total number of rows."""
    return (
        select(Submission, Person, AdviceRequest)
        .add_columns(TOTAL)
        .join(Person, col(Person.id) == col(Submission.person_id))
        .join(AdviceRequest, col(AdviceRequest.submission_id) == col(Submission.id), isouter=True)
        .join(Case, _is_case_of_form(), isouter=True)
        .limit(HOME_ROWS)
    )


def _is_case_of_form() -> ColumnElement[bool]:
    return col(Case.id) == func.coalesce(AdviceRequest.case_id, Submission.case_id)


def _is_on_list(actor: Actor, *, hidden: bool) -> ColumnElement[bool]:
    listed = select(ListedPerson.person_id).where(
        ListedPerson.account_id == actor.account_id,
        ListedPerson.person_id == Submission.person_id,
    )
    return (listed if hidden else listed.where(col(ListedPerson.hidden).is_(False))).exists()


def _is_open(advice_states: Collection[AdviceState]) -> ColumnElement[bool]:
    """Whether a request is undecided, or advice of a running assessment is in a state."""
    request = or_(col(Case.id).is_(None), col(Case.state).in_(UNDECIDED))
    return or_(
        and_(col(AdviceRequest.id).is_(None), col(Submission.withdrawn_at).is_(None), request),
        awaits(advice_states),
    )


def _forms_in_progress(tx: Transaction, actor: Actor) -> FormRows:
    """Read the forms with unsubmitted changes that the actor owns or shares."""
    own_ids = select(Submission.id).where(
        Submission.account_id == actor.account_id, col(Submission.state).in_(IN_PROGRESS)
    )
    shared_ids = select(SubmissionShare.submission_id).where(
        SubmissionShare.account_id == actor.account_id
    )
    query = _select_forms().where(
        or_(col(Submission.id).in_(own_ids), col(Submission.id).in_(shared_ids)),
        col(Submission.state).in_(IN_PROGRESS),
        _is_on_list(actor, hidden=False),
        _is_open(STARTED_ADVICE),
    )
    return tx.session.execute(query.order_by(col(Submission.saved_at).desc())).all()


def _forms_to_continue(tx: Transaction, rows: FormRows, today: date) -> list[FormToContinue]:
    definitions = _load_definitions(tx, (form for form, *_ in rows))
    answers = _load_answers(tx, [form.id for form, *_ in rows])
    return [
        FormToContinue(
            submission=form.id,
            state=SubmissionState(form.state),
            person_name=person.name,
            title=definition.title,
            step=_resume_step_number(definition, answers[form.id], person, today),
            steps=len(definition.steps),
            saved_at=form.saved_at,
            due=advice.due_on if advice else None,
            returned=bool(form.returned),
        )
        for form, person, advice, _ in rows
        for definition in [definitions[form.form, form.form_version]]
    ]


def _load_definitions(
    tx: Transaction, forms: Iterable[Submission]
) -> dict[tuple[str, int], FormDefinition]:
    return pinned_forms(tx, ((form.form, form.form_version) for form in forms))


def _load_answers(tx: Transaction, forms: Sequence[UUID]) -> dict[UUID, Answers]:
    """Load the answers of a few forms in one statement."""
    answers: dict[UUID, Answers] = {form: {} for form in forms}
    query = select(StoredAnswer).where(col(StoredAnswer.submission_id).in_(forms))
    for row in tx.session.exec(query) if forms else ():
        answers[row.submission_id][row.field] = cast("Answer", row.answer)
    return answers


def _resume_step_number(
    definition: FormDefinition, answers: Answers, person: Person, today: date
) -> int:
    states = step_states(definition, answers, facts_for(person.born, today))
    return resume_step([states[step.id] for step in definition.steps]) + 1


def _forms_due(tx: Transaction, actor: Actor, excluded: Sequence[UUID]) -> FormRows:
    """Read the actor's forms that the authority is waiting for, except `excluded`."""
    advice = select(AdviceRequest.submission_id).where(
        AdviceRequest.account_id == actor.account_id, col(AdviceRequest.state).in_(AWAITED)
    )
    # The literal lets SQLite use the partial index.
    returned = select(Submission.id).where(
        Submission.account_id == actor.account_id,
        col(Submission.returned) != literal_column("''"),
    )
    query = _select_forms().where(
        or_(col(Submission.id).in_(advice), col(Submission.id).in_(returned)),
        col(Submission.id).not_in(excluded),
        _is_on_list(actor, hidden=True),
        _is_open(AWAITED),
    )
    due_on = col(AdviceRequest.due_on).asc().nulls_first()
    return tx.session.execute(query.order_by(due_on, col(Submission.saved_at))).all()


def _forms_to_submit(tx: Transaction, rows: FormRows) -> list[FormDue]:
    definitions = _load_definitions(tx, (form for form, *_ in rows))
    return [
        FormDue(
            submission=form.id,
            person_name=person.name,
            title=definitions[form.form, form.form_version].title,
            due=advice.due_on if advice else None,
            returned=bool(form.returned),
        )
        for form, person, advice, _ in rows
    ]


def _add_messages(tx: Transaction, actor: Actor, out: HomeOut) -> set[UUID | None]:
    """Add the unread messages, and return the children that they show.

    Those that link to a child's page become news of the child.
    """
    rows = _read_unread_messages(tx, actor)
    out.unread = rows[0].total if rows else 0
    news: dict[UUID, ChildNews] = {}
    others: list[MessageRow] = []
    for message, person, _ in rows:
        if person is None or message.place != PlaceKind.PERSON.of(person.id).path:
            others.append(message_row(message))
        elif person.id not in news:
            news[person.id] = ChildNews(
                person=person.id,
                person_name=person.name,
                message=message.id,
                subject=message.subject,
                received_at=message.sent_at,
            )
    out.messages = others[:HOME_MESSAGES]
    out.news = Part(rows=list(news.values())[:HOME_ROWS], more=max(len(news) - HOME_ROWS, 0))
    newest = visible_messages(actor).where(IN_INBOX).order_by(*NEWEST_FIRST).limit(1)
    message = tx.session.execute(newest).scalar()
    out.newest = message_row(message) if message else None
    return {row.person for row in (*out.news.rows, *out.messages, out.newest) if row}


def _read_unread_messages(tx: Transaction, actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read the newest unread messages, each with its child if they are on the actor's list."""
    listed = and_(
        col(ListedPerson.person_id) == col(Message.person_id),
        col(ListedPerson.account_id) == actor.account_id,
        col(ListedPerson.hidden).is_(False),
    )
    query = (
        visible_messages(actor)
        .add_columns(Person, TOTAL)
        .join(ListedPerson, listed, isouter=True)
        .join(Person, col(Person.id) == col(ListedPerson.person_id), isouter=True)
        .where(IN_INBOX, UNREAD)
    )
    return tx.session.execute(query.order_by(*NEWEST_FIRST).limit(UNREAD_LIMIT)).all()


def _list_cases(
    tx: Transaction, condition: ColumnElement[bool], shown: set[UUID | None]
) -> Part[CaseDue]:
    """List the open cases that match a condition, by what is due next.

    Adds their children to `shown`.
    """
    any_day = col(Case.sort_due) <= NOTHING_DUE  # without this range, SQLite sorts all the cases
    due = (condition, col(Case.settled).is_(False), any_day, col(Case.due_on) < NOTHING_DUE)
    # A separate count avoids joining the children of thousands of cases.
    total = select(func.count()).select_from(Case).where(*due).scalar_subquery().label("total")
    query = (
        select(Case, Person)
        .add_columns(total)
        .join(Person, col(Person.id) == col(Case.person_id))
        .where(*due)
        .order_by(col(Case.sort_due), col(Case.id))
        .limit(HOME_ROWS)
    )
    case_rows = tx.session.execute(query).all()
    shown.update(person.id for _, person, _ in case_rows)
    today = london_day(tx.now)
    rows = [
        CaseDue(
            case=case.id,
            person_name=person.name,
            state_words=STATE_TEXTS[CaseState(case.state)].name,
            due_words=name_rights_holder(DEADLINE_LABELS[due_kind(case)], person.born, today),
            due=case.due_on,
        )
        for case, person, _ in case_rows
    ]
    return _build_part(rows, case_rows)


def _list_tasks(tx: Transaction, actor: Actor, shown: set[UUID | None]) -> Part[TaskDue]:
    """List the first of the actor's open tasks, and add their children to `shown`."""
    page = list_tasks(tx, actor, TaskQuery(limit=HOME_ROWS))
    shown.update(row.person for row in page.rows)
    rows = [
        TaskDue(task=row.id, text=row.text, case=row.case, person_name=row.name, due=row.due)
        for row in page.rows
    ]
    return Part(rows=rows, more=page.total - len(rows))


def _count_unsent_mails(tx: Transaction) -> int:
    return tx.session.exec(
        select(func.count()).where(
            col(OutboxMail.given_up_at).is_not(None), col(OutboxMail.sent_at).is_(None)
        )
    ).one()


@router.get("/home")
def home(actor: TwoStepVerified, tx: Tx) -> HomeOut:
    """List the work waiting for me."""
    return build_home(tx, actor)
