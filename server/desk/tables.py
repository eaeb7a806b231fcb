"""What the server keeps of the authority's own work."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel


class Reminder(SQLModel, table=True):
    """A reminder that was sent: of a case or a request for advice, of one deadline, once."""

    __tablename__ = "reminder"

    subject_id: UUID = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    due: date = Field(primary_key=True)
    days: int = Field(primary_key=True)
    """Days before the deadline, negative after it."""
    at: datetime
