"""Messages from the authority to a professional."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class MessageRow(BaseModel):
    """One row of the inbox."""

    id: UUID
    subject: str
    received_at: datetime
    read: bool


class MessageOut(MessageRow):
    """A message opened: `place` is where its link leads in the client, as forms/{id}."""

    body: str
    place: str | None
    place_label: str | None


class MessagesPage(BaseModel):
    """A page of the inbox, newest first, and how many are unread in all."""

    rows: list[MessageRow]
    total: int
    unread: int
    next: str | None
