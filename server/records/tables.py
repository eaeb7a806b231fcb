"""Tables of what was deleted: when, why and how many rows, without content."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class RetentionRun(SQLModel, table=True):
    """The deletions of a London day, and the process that makes them, until its lease ends."""

    __tablename__ = "retention_run"

    day: date = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4)
    """The subject of the audit entry."""
    holder: UUID
    lease_until: datetime
    started_at: datetime
    finished_at: datetime | None = None
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """Number of deletions of each kind."""


class Erasure(SQLModel, table=True):
    """The erasure of a child or an account, known by its id only."""

    __tablename__ = "erasure"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    subject_id: UUID = Field(index=True)
    at: datetime
    reason: str
    everything: bool = False
    """Whether it includes what the law keeps."""
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
