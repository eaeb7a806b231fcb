"""Messages from the authority to one account."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.lists import ListQuery


class MessageView(StrEnum):
    """Which messages are listed: those kept in the inbox, of them the unread, or the archived."""

    INBOX = "inbox"
    UNREAD = "unread"
    ARCHIVED = "archived"


class MessageQuery(ListQuery, frozen=True):
    """The query for messages; by default those in the inbox."""

    view: MessageView = MessageView.INBOX


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
    """A page of those found, newest first, how many those are, and how many are unread in all."""

    rows: list[MessageRow]
    total: int
    unread: int
    next: str | None
