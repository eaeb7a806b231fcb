"""The inbox: filters, keyset pages and an ETag of its state."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal
from sqlmodel import col, func, or_

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.pages import Cursor, decode_cursor, keyset_condition, unknown_cursor
from server.messages.service import message_row, visible_messages
from server.messages.tables import Message
from server.people.service import get_person
from shared.messages import MessageQuery, MessagesPage, MessageView

IN_INBOX = col(Message.archived_at).is_(None)
UNREAD = col(Message.read_at).is_(None)
NEWEST_FIRST = (col(Message.sent_at).desc(), col(Message.id).desc())


def list_messages(tx: Transaction, actor: Actor, query: MessageQuery) -> MessagesPage:
    """Return a page of the actor's messages.

    Raises MALFORMED for an invalid cursor, and NOT_FOUND for a child that the actor may not see.
    """
    about = get_person(tx, actor, query.person).name if query.person else ""
    messages = matching_messages(actor, query)
    page = messages.where(_after_cursor(query.cursor)) if query.cursor else messages
    page = page.order_by(*NEWEST_FIRST).limit(query.limit + 1)
    rows = list(tx.session.execute(page).scalars())
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    return MessagesPage(
        rows=[message_row(message) for message in rows],
        about=about,
        total=_count(tx, messages),
        unread=_count(tx, matching_messages(actor, MessageQuery(view=MessageView.UNREAD))),
        next=Cursor(False, rows[-1].sent_at.isoformat(), rows[-1].id).encode()
        if has_more
        else None,
    )


def matching_messages(actor: Actor, query: MessageQuery) -> Select[Message]:
    """Select the actor's messages that match a query, unordered."""
    archived = query.view is MessageView.ARCHIVED
    messages = visible_messages(actor).where(~IN_INBOX if archived else IN_INBOX)
    if query.view is MessageView.UNREAD:
        messages = messages.where(UNREAD)
    if query.person is not None:
        messages = messages.where(col(Message.person_id) == query.person)
    for word in query.find.split():
        texts = (col(Message.subject), col(Message.body))
        messages = messages.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return messages


def _count(tx: Transaction, messages: Select[Message]) -> int:
    count: int = tx.session.execute(messages.with_only_columns(func.count())).scalar_one()
    return count


def _after_cursor(text: str) -> ColumnElement[bool]:
    cursor = decode_cursor(text)
    try:
        sent_at = datetime.fromisoformat(cursor.key)
    except ValueError:
        raise unknown_cursor() from None
    return keyset_condition(
        col(Message.sent_at), literal(sent_at), col(Message.id), cursor.id, ascending=cursor.before
    )


def inbox_etag(tx: Transaction, actor: Actor) -> str:
    """Return an ETag of the newest message and the number of unread messages.

    Takes one query over the actor's own messages.
    """
    inbox = visible_messages(actor).where(IN_INBOX)
    newest = inbox.with_only_columns(col(Message.id)).order_by(*NEWEST_FIRST).limit(1)
    query = inbox.where(UNREAD).with_only_columns(newest.scalar_subquery(), func.count())
    newest_id, unread = tx.session.execute(query).one()
    return f'"{newest_id.hex if newest_id else "none"}-{unread}"'
