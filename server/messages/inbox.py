"""The inbox: filtered and cut into pages in the database, and a mark of how it stands."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal
from sqlmodel import col, func, or_

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.pages import Cursor, beyond, decode_cursor, unknown_cursor
from server.messages.service import row_of, visible_messages
from server.messages.tables import Message
from shared.messages import MessageQuery, MessagesPage, MessageView

IN_INBOX = col(Message.archived_at).is_(None)
UNREAD = col(Message.read_at).is_(None)
NEWEST_FIRST = (col(Message.sent_at).desc(), col(Message.id).desc())


def list_messages(tx: Transaction, actor: Actor, query: MessageQuery) -> MessagesPage:
    """List a page of the actor's messages; raises MALFORMED for a cursor that is none."""
    found = _found(actor, query)
    page = found.where(_after(query.cursor)) if query.cursor else found
    page = page.order_by(*NEWEST_FIRST).limit(query.limit + 1)
    rows = list(tx.session.execute(page).scalars())
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return MessagesPage(
        rows=[row_of(message) for message in rows],
        total=_count(tx, found),
        unread=_count(tx, _found(actor, MessageQuery(view=MessageView.UNREAD))),
        next=Cursor(False, rows[-1].sent_at.isoformat(), rows[-1].id).encode() if more else None,
    )


def _found(actor: Actor, query: MessageQuery) -> Select[Message]:
    archived = query.view is MessageView.ARCHIVED
    found = visible_messages(actor).where(~IN_INBOX if archived else IN_INBOX)
    if query.view is MessageView.UNREAD:
        found = found.where(UNREAD)
    for word in query.find.split():
        texts = (col(Message.subject), col(Message.body))
        found = found.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return found


def _count(tx: Transaction, found: Select[Message]) -> int:
    counted: int = tx.session.execute(found.with_only_columns(func.count())).scalar_one()
    return counted


def _after(text: str) -> ColumnElement[bool]:
    cursor = decode_cursor(text)
    try:
        sent = datetime.fromisoformat(cursor.key)
    except ValueError:
        raise unknown_cursor() from None
    return beyond(
        col(Message.sent_at), literal(sent), col(Message.id), cursor.id, ascending=cursor.before
    )


def inbox_mark(tx: Transaction, actor: Actor) -> str:
    """Tell as an ETag which message of the inbox is the newest, and how many are unread.

    One query, over no more than the actor's own messages.
    """
    inbox = visible_messages(actor).where(IN_INBOX)
    newest = inbox.with_only_columns(col(Message.id)).order_by(*NEWEST_FIRST).limit(1)
    both = inbox.where(UNREAD).with_only_columns(newest.scalar_subquery(), func.count())
    found, unread = tx.session.execute(both).one()
    return f'"{found.hex if found else "none"}-{unread}"'
