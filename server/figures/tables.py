"""Table of the figures, which hold no child."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

ONLY_ROW = 1


class FiguresRow(SQLModel, table=True):
    """The figures as computed last, and the lease of who computes them now; there is one row."""

    __tablename__ = "figures"

    id: int = Field(default=ONLY_ROW, primary_key=True)
    computed_at: datetime | None = None
    content: dict[str, object] | None = Field(default=None, sa_column=Column(JSON))
    holder: UUID | None = None
    lease_until: datetime | None = None
