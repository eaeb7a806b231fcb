"""What the server keeps of forms: each definition once used, drafts answer by answer, versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class StoredForm(SQLModel, table=True):
    """A definition that a submission was filled with; it is shown by it for ever."""

    __tablename__ = "form_kept"

    form: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    definition: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))


class Submission(SQLModel, table=True):
    """A form being filled for a person, or filled; without an account it is the family's."""

    __tablename__ = "submission"

    id: UUID = Field(primary_key=True)
    form: str
    form_version: int
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    case_id: UUID | None = Field(default=None, foreign_key="case.id", index=True)
    state: str
    version: int = 1
    reference: str | None = Field(default=None, unique=True)
    started_at: datetime
    saved_at: datetime
    saved_by: UUID | None = None
    submitted_at: datetime | None = None
    returned: str = ""
    """What the authority said is missing, until it is submitted again."""
    withdrawn_at: datetime | None = None


class AdviceRequest(SQLModel, table=True):
    """The authority asked a professional for advice, with the form to fill and its deadline."""

    __tablename__ = "advice_request"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    submission_id: UUID = Field(foreign_key="submission.id", unique=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    state: str
    asked_on: date
    due_on: date = Field(index=True)
    asked_by: UUID = Field(foreign_key="account.id")
    closed_at: datetime | None = None


class SubmissionShare(SQLModel, table=True):
    """A colleague of the same organisation with whom a draft is shared."""

    __tablename__ = "submission_share"

    submission_id: UUID = Field(primary_key=True, foreign_key="submission.id")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
    shared_by: UUID = Field(foreign_key="account.id")
    at: datetime


class StoredAnswer(SQLModel, table=True):
    """One answer, as it was typed; one row a field, so that a save writes what changed."""

    __tablename__ = "answer"

    submission_id: UUID = Field(primary_key=True, foreign_key="submission.id")
    field: str = Field(primary_key=True)
    answer: object = Field(sa_column=Column(JSON, nullable=False))
    account_id: UUID | None = None
    """Who wrote it last."""


class StoredSave(SQLModel, table=True):
    """A save that was made: its repeat is known, and who changed what; forgotten after a day."""

    __tablename__ = "save"

    id: UUID = Field(primary_key=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    version: int
    saved_at: datetime = Field(index=True)
    account_id: UUID | None = None
    fields: list[str] | None = Field(default=None, sa_column=Column(JSON))
    """The fields that it changed."""


class SubmissionVersion(SQLModel, table=True):
    """One version as it was submitted, with a copy of the work details it was made with."""

    __tablename__ = "submission_version"

    id: UUID = Field(primary_key=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    number: int
    submitted_at: datetime
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    submitted_by: str
    answers: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    work_details: dict[str, object] | None = Field(default=None, sa_column=Column(JSON))
    written_by: dict[str, object] | None = Field(default=None, sa_column=Column(JSON))
    """The names of who wrote each answer, by field, where it was more than one person's work."""
