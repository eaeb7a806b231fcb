"""Tables of the officers' desk."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel


class Reminder(SQLModel, table=True):
    """A sent reminder of a deadline of a case or of a request for advice."""

    __tablename__ = "reminder"

    subject_id: UUID = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    due: date = Field(primary_key=True)
    days: int = Field(primary_key=True)
    """Days before the deadline, negative after it."""
    at: datetime
