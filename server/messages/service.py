"""Messages: sent within the portal at once, with a mail that only says that one waits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlmodel import and_, col, func, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.outbox import post_mail
from server.core.problems import PortalProblem, not_found
from server.messages.tables import Message
from shared.messages import MessageOut, MessageRow, MessagesPage
from shared.problems import ProblemCode


def send_message(
    tx: Transaction,
    *,
    to_account: UUID,
    subject: str,
    body: str,
    place: str | None = None,
    place_label: str | None = None,
) -> None:
    """Send a message; the mail that goes with it names no child."""
    tx.session.add(
        Message(
            account_id=to_account, subject=subject, body=body, sent_at=tx.now,
            place=place, place_label=place_label,
        )
    )  # fmt: skip
    account = tx.session.get_one(Account, to_account)
    post_mail(
        tx,
        to=account.email,
        subject="You have a message in the Professional Portal",
        body="A message waits for you. Open the Professional Portal and sign in to read it.\n",
    )


def visible_messages(actor: Actor) -> Select[Message]:
    """Select which messages an actor may see: their own."""
    return select(Message).where(Message.account_id == actor.account_id)


def list_messages(tx: Transaction, actor: Actor, cursor: str | None, limit: int) -> MessagesPage:
    """List a page of the inbox, newest first; raises MALFORMED for a cursor that is none."""
    mine = visible_messages(actor)
    page = mine
    if cursor:
        page = page.where(_before(cursor))
    page = page.order_by(col(Message.sent_at).desc(), col(Message.id).desc()).limit(limit + 1)
    rows = list(tx.session.execute(page).scalars())
    more = len(rows) > limit
    rows = rows[:limit]
    counts = mine.with_only_columns(
        func.count(), func.count().filter(col(Message.read_at).is_(None))
    )
    total, unread = tx.session.execute(counts).one()
    return MessagesPage(
        rows=[_row(message) for message in rows],
        total=total,
        unread=unread,
        next=f"{rows[-1].sent_at.isoformat()} {rows[-1].id}" if more else None,
    )


def _before(cursor: str) -> ColumnElement[bool]:
    try:
        at, _, message = cursor.partition(" ")
        moment, last = datetime.fromisoformat(at), UUID(message)
    except ValueError:
        raise PortalProblem(ProblemCode.MALFORMED, "This place in the inbox is unknown.") from None
    sent = col(Message.sent_at)
    return or_(sent < moment, and_(sent == moment, col(Message.id) < last))


def _row(message: Message) -> MessageRow:
    return MessageRow(
        id=message.id,
        subject=message.subject,
        received_at=message.sent_at,
        read=message.read_at is not None,
    )


def _find(tx: Transaction, actor: Actor, message: UUID) -> Message:
    query = visible_messages(actor).where(col(Message.id) == message)
    found: Message | None = tx.session.execute(query).scalar()
    if found is None:
        raise not_found()
    return found


def read_message(tx: Transaction, actor: Actor, message: UUID) -> MessageOut:
    """Open a message; raises NOT_FOUND."""
    found = _find(tx, actor, message)
    return MessageOut(
        **_row(found).model_dump(),
        body=found.body, place=found.place, place_label=found.place_label,
    )  # fmt: skip


def mark_read(tx: Transaction, actor: Actor, message: UUID) -> None:
    """Mark a message as read; raises NOT_FOUND."""
    found = _find(tx, actor, message)
    if found.read_at is not None:
        return
    found.read_at = tx.now
    tx.session.add(found)
    record(
        tx, Action.MESSAGE_READ,
        account=actor.account_id, subject=message, address=actor.address,
    )  # fmt: skip
