"""Officers' tasks as rows, those of a case among them."""

from datetime import date
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.tables import Case
from server.core.database import Transaction
from server.desk.tables import Task
from server.people.tables import Person
from shared.cases.clock import days_left_text
from shared.casework import TaskRow
from shared.values.days import format_day, london_day

_OFFICER, _AUTHOR, _CHANGER = aliased(Account), aliased(Account), aliased(Account)

TaskSelect = Select[Any]


def select_tasks() -> TaskSelect:
    """Select tasks with their child, whose they are, and who gave and changed them."""
    return (
        select(Task, Person)
        .add_columns(_OFFICER, _AUTHOR, _CHANGER)
        .join(Case, col(Case.id) == col(Task.case_id), isouter=True)
        .join(Person, col(Person.id) == col(Case.person_id), isouter=True)
        .join(_OFFICER, col(_OFFICER.id) == col(Task.officer_id))
        .join(_AUTHOR, col(_AUTHOR.id) == col(Task.created_by))
        .join(_CHANGER, col(_CHANGER.id) == col(Task.changed_by), isouter=True)
    )


def read_rows(tx: Transaction, query: TaskSelect) -> list[TaskRow]:
    """Read the tasks of a query made by `select_tasks`."""
    today = london_day(tx.now)
    return [_task_row(row, today) for row in tx.session.execute(query)]


def _task_row(row: Row[*tuple[Any, ...]], today: date) -> TaskRow:
    task, person, officer, author, changer = row
    when = format_day(task.due) if task.done else days_left_text(task.due, today)
    return TaskRow(
        id=task.id,
        version=task.version,
        text=task.text,
        due=task.due,
        due_words=when if task.done else f"{format_day(task.due)} · {when}",
        case=task.case_id,
        person=person.id if person else None,
        name=person.name if person else "",
        officer_id=task.officer_id,
        officer=officer.name,
        created_by=author.name,
        created_at=task.created_at,
        done=task.done,
        changed_at=task.changed_at,
        changed_by=changer.name if changer else "",
    )


def open_tasks(tx: Transaction, case: Case) -> list[TaskRow]:
    """List the open tasks of a case by their day."""
    of_case = select_tasks().where(col(Task.case_id) == case.id, col(Task.done).is_(False))
    return read_rows(tx, of_case.order_by(col(Task.due), col(Task.id)))
