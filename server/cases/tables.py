"""What the server keeps of cases."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Case(SQLModel, table=True):
    """A person's way from a request to a plan and its reviews.

    `state`, `place`, `dispute`, `next_kind` and `next_due` (the authority's next deadline) follow
    from the events, and are kept for the desk to sort and filter by.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_desk", "closed", "next_due", "id"),
        Index("ix_case_officer", "officer_id", "closed", "next_due"),
        Index("ix_case_of_officer", "officer_id", "closed", "id"),
        Index("ix_case_person", "person_id", "closed", "next_due", "id"),
        Index("ix_case_stage", "closed", "place", "id", "officer_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    state: str
    place: int = 0
    """Of the state among all, in the order of the law."""
    dispute: str | None = None
    received_on: date
    opened_at: datetime
    closed: bool = False
    officer_id: UUID | None = None
    next_kind: str | None = None
    next_due: date | None = None
    excused: bool = False


class CaseEvent(SQLModel, table=True):
    """Something that happened in a case on a London day, and the state it led to."""

    __tablename__ = "case_event"

    id: int | None = Field(default=None, primary_key=True)
    made_id: UUID | None = Field(default=None, unique=True, index=True)
    """Minted by the client, so that a repeat is recognised."""
    case_id: UUID = Field(foreign_key="case.id", index=True)
    kind: str
    state: str
    on: date
    at: datetime
    account_id: UUID | None = None
    reason: str = ""


class Exemption(SQLModel, table=True):
    """Why a deadline could not be kept; it changes what is overdue, never the date."""

    __tablename__ = "exemption"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    advice_id: UUID | None = Field(default=None, index=True)
    clock: str
    started_by: int | None = None
    """The event that started the deadline, whose day may move; None for one of advice."""
    ground: str
    reason: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class Publication(SQLModel, table=True):
    """A document that the authority published in a case: a draft plan, a final plan or another."""

    __tablename__ = "publication"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    document_id: UUID = Field(index=True)
    kind: str
    title: str
    account_id: UUID = Field(foreign_key="account.id")
    published_at: datetime


class PublicationReader(SQLModel, table=True):
    """A professional whom a document was published to."""

    __tablename__ = "publication_reader"

    publication_id: UUID = Field(primary_key=True, foreign_key="publication.id")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
    read_at: datetime | None = None
