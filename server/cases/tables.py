"""What the server keeps of cases."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel


class Case(SQLModel, table=True):
    """A person's way from a request to a plan and its reviews."""

    __tablename__ = "case"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    state: str
    received_on: date
    opened_at: datetime


class CaseEvent(SQLModel, table=True):
    """A state that a case came to, and the London day of it."""

    __tablename__ = "case_event"

    id: int | None = Field(default=None, primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    state: str
    on: date
    at: datetime
