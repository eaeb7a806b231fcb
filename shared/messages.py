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
    """One row of the inbox; `person` is the id of the child that the message is about."""

    id: UUID
    person: UUID | None
    subject: str
    received_at: datetime
    read: bool


class MessageOut(MessageRow):
    """A whole message; `place` is the path that its link opens, for example forms/{id}.

    `person_name` is the name of its child, or '' if the reader may not see the child.
    """

    person_name: str
    body: str
    place: str | None
    place_label: str | None


class MessagesPage(BaseModel):
    """A page of messages, newest first, with the counts of matching and unread messages.

    `about` is the name of the child that the query filters by.
    """

    rows: list[MessageRow]
    about: str = ""
    total: int
    unread: int
    next: str | None
