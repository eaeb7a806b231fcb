"""Wire types of messages."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.lists import ListQuery


class MessageView(StrEnum):
    """A filter for messages: inbox, unread in the inbox, or archived."""

    INBOX = "inbox"
    UNREAD = "unread"
    ARCHIVED = "archived"


class MessageQuery(ListQuery, frozen=True):
    """Query parameters of the message list."""

    view: MessageView = MessageView.INBOX
    person: UUID | None = None
    """Only messages about this child."""


class MessageRow(BaseModel):
    """One row of the inbox; `person` is the child it is about, whom the inbox does not name."""

    id: UUID
    person: UUID | None
    subject: str
    received_at: datetime
    read: bool


class MessageOut(MessageRow):
    """An opened message; `place` is the path its link opens, for example forms/{id}.

    `person_name` names the child it is about, if the reader may see the child.
    """

    person_name: str
    body: str
    place: str | None
    place_label: str | None


class MessagesPage(BaseModel):
    """A page of messages, newest first, with the counts of matching and unread messages.

    `about` names the child that the query asks for.
    """

    rows: list[MessageRow]
    about: str = ""
    total: int
    unread: int
    next: str | None
