"""Tables of messages."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

IN_INBOX = ("account_id", "archived_at", "sent_at", "id")
UNREAD = text("read_at IS NULL")


class Message(SQLModel, table=True):
    """A message from the authority to an account; `place` is the target of its link."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_inbox", *IN_INBOX),
        Index("ix_message_unread", *IN_INBOX, sqlite_where=UNREAD, postgresql_where=UNREAD),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    """The child the message is about."""
    subject: str
    body: str
    place: str | None = None
    place_label: str | None = None
    sent_at: datetime = Field(index=True)
    read_at: datetime | None = None
    archived_at: datetime | None = None
