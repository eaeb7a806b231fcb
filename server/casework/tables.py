"""Tables of the officers' casework."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.accounts.edits import EditedRow
from server.cases.tables import follows_case


class Note(EditedRow, table=True):
    """A note or a phone call of a case; its newest version holds what it says."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_case", "case_id", "at", "id"), follows_case())

    case_id: UUID = Field(foreign_key="case.id")
    kind: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime
    struck_at: datetime | None = None
    struck_by: UUID | None = None
    struck_reason: str = ""


class NoteVersion(SQLModel, table=True):
    """What a note says, or said before it was corrected; the last four columns are of calls."""

    __tablename__ = "note_version"

    note_id: UUID = Field(primary_key=True, foreign_key="note.id")
    number: int = Field(primary_key=True)
    at: datetime
    text: str
    with_whom: str = ""
    phone: str = ""
    direction: str | None = None
    called_at: datetime | None = None


class Panel(EditedRow, table=True):
    """A meeting that advises on or decides several cases."""

    __tablename__ = "panel"
    __table_args__ = (Index("ix_panel_on", "on", "id"),)

    name: str
    on: date
    starts: str
    """The London time, such as 14:00, or ''."""
    place: str
    account_id: UUID = Field(foreign_key="account.id")
    created_at: datetime


class PanelCase(EditedRow, table=True):
    """A case on the agenda of a panel, its minutes, and what came of it."""

    __tablename__ = "panel_case"
    __table_args__ = (
        Index("ix_panel_case_panel", "panel_id", "position", "id"),
        follows_case("panel_id", text="minutes"),
    )

    panel_id: UUID = Field(foreign_key="panel.id")
    case_id: UUID = Field(foreign_key="case.id", index=True)
    position: int
    """The order on the agenda, counted from 1."""
    added_by: UUID = Field(foreign_key="account.id")
    added_at: datetime
    minutes: str = ""
    outcome: str = "waiting"
    event_id: UUID | None = None
    """The id that the client gave the event by which the panel's decision was recorded."""
    reason: str = ""
    """Why it was deferred."""
    decided_by: UUID | None = None
    decided_at: datetime | None = None
