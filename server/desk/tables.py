"""Tables of the officers' desk."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from server.accounts.edits import EditedRow
from server.cases.tables import follows_case


class Reminder(SQLModel, table=True):
    """A sent reminder of a deadline of a case or of a request for advice."""

    __tablename__ = "reminder"

    subject_id: UUID = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    due: date = Field(primary_key=True)
    days: int = Field(primary_key=True)
    """Days before the deadline, negative after it."""
    at: datetime


class CaseView(SQLModel, table=True):
    """An officer's own view of the list of cases: its query, as JSON, and its columns."""

    __tablename__ = "case_view"

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    name: str
    query: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    columns: list[str] = Field(sa_column=Column(JSON, nullable=False))
    changed_at: datetime


class Task(EditedRow, table=True):
    """What an officer has to do by a day, in a case or without one."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_officer", "officer_id", "done", "due", "id"),
        Index("ix_task_due", "done", "due", "id"),
        follows_case(),
    )

    case_id: UUID | None = Field(default=None, foreign_key="case.id", index=True)
    text: str
    due: date
    officer_id: UUID = Field(foreign_key="account.id")
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    done: bool = False
    changed_at: datetime | None = None
    """When it was last done or reopened."""
    changed_by: UUID | None = None
