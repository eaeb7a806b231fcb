"""Tables of forms: definitions in use, submissions, answers, saves, versions, shares, phrases."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

RETURNED = text("returned <> ''")


class StoredForm(SQLModel, table=True):
    """A snapshot of a form definition that submissions are pinned to."""

    __tablename__ = "form_kept"

    form: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    definition: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))


class Submission(SQLModel, table=True):
    """A form about a person, draft or submitted; without `account_id` it is the family's."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_account", "account_id", "state"),
        Index(
            "ix_submission_returned",
            "account_id",
            sqlite_where=RETURNED,
            postgresql_where=RETURNED,
        ),
    )

    id: UUID = Field(primary_key=True)
    form: str
    form_version: int
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    case_id: UUID | None = Field(default=None, foreign_key="case.id", index=True)
    state: str
    version: int = 1
    reference: str | None = Field(default=None, unique=True)
    started_at: datetime
    saved_at: datetime
    saved_by: UUID | None = None
    submitted_at: datetime | None = None
    received_on: date | None = None
    """The day that the authority received a request which an officer entered later."""
    returned: str = ""
    """What the authority reported as missing, until the next submission."""
    withdrawn_at: datetime | None = None


class AdviceRequest(SQLModel, table=True):
    """A request for advice, with its form and its deadline.

    It is to a professional, or by post to somebody without an account (`by_name`): then the account
    is that of the officer who asked, and its form belongs to nobody and is never filled.
    """

    __tablename__ = "advice_request"
    __table_args__ = (Index("ix_advice_request_account", "account_id", "state"),)

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    submission_id: UUID = Field(foreign_key="submission.id", unique=True)
    account_id: UUID = Field(foreign_key="account.id")
    state: str
    asked_on: date
    due_on: date = Field(index=True)
    asked_by: UUID = Field(foreign_key="account.id")
    by_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    by_role: str = Field(default="", sa_column_kwargs={"server_default": ""})
    by_address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The postal address of who was asked by post, its lines separated by commas."""
    by_phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    chased_at: datetime | None = None
    chase_id: UUID | None = None
    """The request that chased it last, so that the server recognises retries."""
    closed_at: datetime | None = None


class AdviceStepRow(SQLModel, table=True):
    """A time that an officer chased advice, returned it, or corrected its kind or its author."""

    __tablename__ = "advice_step"

    id: UUID = Field(primary_key=True)
    advice_id: UUID = Field(foreign_key="advice_request.id", index=True, ondelete="CASCADE")
    kind: str
    account_id: UUID | None = None
    at: datetime
    on: date | None = None
    """The day on which it was done, if that was entered."""
    text: str = ""
    """The message that was sent, what is missing, or what was corrected."""


class PaperAdvice(SQLModel, table=True):
    """Advice that came on paper or by email: when, from whom if not who was asked, its document.

    One that was recorded in error is removed, and stays with the reason.
    """

    __tablename__ = "paper_advice"

    id: UUID = Field(primary_key=True)
    advice_id: UUID = Field(foreign_key="advice_request.id", index=True, ondelete="CASCADE")
    received_on: date
    given_by: str = ""
    document_id: UUID | None = None
    document_at: datetime | None = None
    """When the document was added, if that was later; `document_by` added it."""
    document_by: UUID | None = None
    state_before: str
    """The state that the request returns to if this is removed."""
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime
    removed_at: datetime | None = None
    removed_by: UUID | None = None
    removed_reason: str = ""


class SubmissionShare(SQLModel, table=True):
    """A share of a draft with a colleague of the same organisation."""

    __tablename__ = "submission_share"

    submission_id: UUID = Field(primary_key=True, foreign_key="submission.id")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
    shared_by: UUID = Field(foreign_key="account.id")
    at: datetime


class StoredAnswer(SQLModel, table=True):
    """An answer to one field, so that a save writes only the changed fields."""

    __tablename__ = "answer"

    submission_id: UUID = Field(primary_key=True, foreign_key="submission.id")
    field: str = Field(primary_key=True)
    answer: object = Field(sa_column=Column(JSON, nullable=False))
    account_id: UUID | None = None
    """The account that last changed the answer."""


class StoredSave(SQLModel, table=True):
    """A save, stored for a day to recognise retries and to attribute changes."""

    __tablename__ = "save"

    id: UUID = Field(primary_key=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    version: int
    saved_at: datetime = Field(index=True)
    account_id: UUID | None = None
    fields: list[str] | None = Field(default=None, sa_column=Column(JSON))
    """The changed fields."""
    digest: str | None = None
    """That of the changes; None if an earlier version stored the save."""


class SubmissionVersion(SQLModel, table=True):
    """A submitted version, with a copy of the work details used."""

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
    """The name of each answer's author by field, if there is more than one author."""


class RequestCorrection(SQLModel, table=True):
    """A correction of a family's request, with what it said before; the answers are in versions."""

    __tablename__ = "request_correction"

    id: UUID = Field(primary_key=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True, ondelete="CASCADE")
    number: int
    """The number of the version that it made."""
    received_on: date
    asked_by: str
    reason: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class PhraseRow(SQLModel, table=True):
    """A professional's phrase, for use in long answers."""

    __tablename__ = "phrase"

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    text: str
    created_at: datetime
