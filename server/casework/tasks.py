"""Tasks of officers, in a case or without one."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, func, literal, or_, select

from server.accounts.account import require_enabled
from server.accounts.actor import Actor
from server.accounts.edits import apply_edit
from server.accounts.tables import Account
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.pages import Cursor, decode_cursor, keyset_condition, unknown_cursor
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.tables import Task
from server.desk.tasks import open_tasks, read_rows, select_tasks
from server.people.search import matches_words
from shared.accounts import Staff
from shared.casework import Officer, TaskIn, TaskQuery, TaskRow, TasksPage, TaskView
from shared.problems import ProblemCode
from shared.values.days import format_day

DONE_SHOWN = 10
"""Done tasks of a case that are shown."""


def list_officers(tx: Transaction) -> list[Officer]:
    """List the officers to whom a task can be given, by name."""
    query = (
        select(Account)
        .where(Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None))
        .order_by(col(Account.last_name), col(Account.first_name), col(Account.id))
    )
    return [Officer(id=row.id, name=row.name) for row in tx.session.exec(query)]


def read_task(tx: Transaction, actor: Actor, id: UUID) -> TaskRow:
    """Return a task and audit the reading; raises NOT_FOUND."""
    rows = read_rows(tx, select_tasks().where(col(Task.id) == id))
    if not rows:
        raise not_found()
    actor.record_shown(tx, Action.SHOWN_IN_TASKS, [rows[0].person])
    return rows[0]


def save_task(tx: Transaction, actor: Actor, id: UUID, new: TaskIn, version: int) -> TaskRow:
    """Add a task, or change what it says, its day or whose it is; safe to repeat.

    Raises NOT_FOUND, INVALID, STALE, and CONFLICT if the id belongs to a task of another case.
    """
    if not new.text:
        raise invalid_field("/text", "Write what is to be done.")
    existing = tx.session.get(Task, id)
    case = find_case(tx, actor, existing.case_id) if existing and existing.case_id else None
    if existing is None:
        case = find_case(tx, actor, new.case) if new.case else None
    officer = _find_officer(tx, new.officer or actor.account_id)
    person = case.person_id if case else None
    if existing is None:
        task = Task(
            id=id,
            case_id=case.id if case else None,
            text=new.text,
            due=new.due,
            officer_id=officer.id,
            created_by=actor.account_id,
            created_at=tx.now,
            edited_by=actor.account_id,
            edited_at=tx.now,
        )
        tx.session.add(task)
        actor.record(tx, Action.TASK_ADDED, subject=id, person=person)
    else:
        task = existing
        tx.session.refresh(task, with_for_update=True)
        if new.case != task.case_id and new.case is not None:
            raise PortalProblem(ProblemCode.CONFLICT, "This task belongs to another case.")
        values = {"text": new.text, "due": new.due, "officer_id": officer.id}
        current = _task_text(tx, task)
        if apply_edit(tx, actor, task, values, version, person=person, current=current):
            actor.record(tx, Action.TASK_CHANGED, subject=task.id, person=person)
        else:
            actor.record_shown(tx, Action.SHOWN_IN_TASKS, [person])
    tx.session.flush()
    return read_rows(tx, select_tasks().where(col(Task.id) == task.id))[0]


def _task_text(tx: Transaction, task: Task) -> str:
    officer = tx.session.get_one(Account, task.officer_id).name
    done = "Done" if task.done else ""
    return "\n".join(filter(None, (task.text, f"{format_day(task.due)} · {officer}", done)))


def _find_officer(tx: Transaction, account: UUID) -> Account:
    officer = tx.session.get(Account, account)
    if officer is None or officer.staff != Staff.OFFICER:
        raise not_found()
    require_enabled(officer)
    return officer


def set_done(tx: Transaction, actor: Actor, task_id: UUID, *, done: bool) -> TaskRow:
    """Mark a task as done, or reopen it; raises NOT_FOUND."""
    task = tx.session.get(Task, task_id)
    if task is None:
        raise not_found()
    case = find_case(tx, actor, task.case_id) if task.case_id else None
    person = case.person_id if case else None
    tx.session.refresh(task, with_for_update=True)
    if task.done is not done:
        task.done, task.changed_at, task.changed_by = done, tx.now, actor.account_id
        task.edited_at, task.edited_by = tx.now, actor.account_id
        task.version += 1
        tx.session.add(task)
        action = Action.TASK_DONE if done else Action.TASK_REOPENED
        actor.record(tx, action, subject=task.id, person=person)
    else:
        actor.record_shown(tx, Action.SHOWN_IN_TASKS, [person])
    tx.session.flush()
    return read_rows(tx, select_tasks().where(col(Task.id) == task.id))[0]


def tasks_of(tx: Transaction, case: Case) -> list[TaskRow]:
    """List the open tasks of a case by their day, then the last few that are done."""
    of_case = select_tasks().where(col(Task.case_id) == case.id)
    done = of_case.where(col(Task.done)).order_by(col(Task.changed_at).desc()).limit(DONE_SHOWN)
    return [*open_tasks(tx, case), *read_rows(tx, done)]


def list_tasks(tx: Transaction, actor: Actor, query: TaskQuery) -> TasksPage:
    """List a page of tasks by their day; raises MALFORMED for a wrong cursor."""
    conditions = _conditions(actor, query)
    total = _count(tx, conditions)
    cursor = decode_cursor(query.cursor) if query.cursor else None
    backwards = query.end or (cursor is not None and cursor.before)
    descending = query.descending is not backwards
    columns = (col(Task.due), col(Task.id))
    page = select_tasks().where(*conditions)
    if cursor is not None:
        page = page.where(_is_beyond(query, cursor))
    order = [column.desc() if descending else column.asc() for column in columns]
    rows = read_rows(tx, page.order_by(*order).limit(query.limit))
    if backwards:
        rows.reverse()
    if not rows:
        return TasksPage(rows=[], start=0, total=total, next=None, previous=None)
    first = Cursor(True, rows[0].due.isoformat(), rows[0].id)
    last = Cursor(False, rows[-1].due.isoformat(), rows[-1].id)
    is_first_page = not query.cursor and not query.end
    start = 0 if is_first_page else _count(tx, [*conditions, _is_beyond(query, first)])
    return TasksPage(
        rows=rows,
        start=start,
        total=total,
        next=last.encode() if start + len(rows) < total else None,
        previous=first.encode() if start else None,
    )


def _conditions(actor: Actor, query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Task.done).is_(query.view is TaskView.DONE)]
    if query.view is not TaskView.ALL:
        conditions.append(col(Task.officer_id) == actor.account_id)
    if query.find.strip():
        words = query.find.split()
        in_text = (func.lower(Task.text).contains(word.lower(), autoescape=True) for word in words)
        of_child = matches_words(query.find, col(Case.person_id))
        child = select(Case.id).where(*of_child)
        conditions.append(or_(and_(*in_text), col(Task.case_id).in_(child)))
    return conditions


def _count(tx: Transaction, conditions: Sequence[ColumnElement[bool]]) -> int:
    return tx.session.exec(select(func.count()).select_from(Task).where(*conditions)).one()


def _is_beyond(query: TaskQuery, cursor: Cursor) -> ColumnElement[bool]:
    try:
        due = date.fromisoformat(cursor.key)
    except ValueError:
        raise unknown_cursor() from None
    return keyset_condition(
        col(Task.due),
        literal(due),
        col(Task.id),
        cursor.id,
        ascending=query.descending is cursor.before,
    )
