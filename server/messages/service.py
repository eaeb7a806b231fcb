"""Messages: sent within the portal at once, with a mail that only says that one waits."""

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.outbox import post_mail
from server.core.problems import not_found
from server.messages.tables import Message
from shared.messages import MessageOut, MessageRow
from shared.places import Place, PlaceKind

MAIL_SUBJECT = "You have a message in the Professional Portal"


def send_message(
    tx: Transaction,
    *,
    to_account: UUID,
    subject: str,
    body: str,
    person: UUID | None = None,
    place: Place | None = None,
    place_label: str | None = None,
) -> None:
    """Send a message; the mail that goes with it names no child.

    `person` is the child the message is about: who reads it is in that child's log.
    """
    tx.session.add(
        Message(
            account_id=to_account, subject=subject, body=body, sent_at=tx.now,
            person_id=person, place=place.path if place else None, place_label=place_label,
        )
    )  # fmt: skip
    account = tx.session.get_one(Account, to_account)
    post_mail(
        tx,
        to=account.email,
        subject=MAIL_SUBJECT,
        body="A message waits for you. Open the Professional Portal and sign in to read it.\n",
    )


def redirect_links(tx: Transaction, old: UUID, known: UUID) -> None:
    """Let the messages about a child be about the one they were matched with."""
    tx.session.exec(update(Message).where(col(Message.person_id) == old).values(person_id=known))
    paths = [PlaceKind.PERSON.of(person).path for person in (old, known)]
    tx.session.exec(update(Message).where(col(Message.place) == paths[0]).values(place=paths[1]))


def visible_messages(actor: Actor) -> Select[Message]:
    """Select which messages an actor may see: their own."""
    return select(Message).where(Message.account_id == actor.account_id)


def row_of(message: Message) -> MessageRow:
    """Tell a message as a row of the inbox."""
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
    """Open a message, which the audit keeps: it may speak of a child; raises NOT_FOUND."""
    found = _find(tx, actor, message)
    actor.record(tx, Action.MESSAGE_READ, subject=message, person=found.person_id)
    return MessageOut(
        **row_of(found).model_dump(),
        body=found.body, place=found.place, place_label=found.place_label,
    )  # fmt: skip


def mark(tx: Transaction, actor: Actor, message: UUID, *, read: bool) -> None:
    """Mark a message as read or unread; raises NOT_FOUND."""
    found = _find(tx, actor, message)
    if read is not (found.read_at is not None):
        found.read_at = tx.now if read else None
        tx.session.add(found)


def archive(tx: Transaction, actor: Actor, message: UUID, *, archived: bool) -> None:
    """Put a message away, or back into the inbox; raises NOT_FOUND."""
    found = _find(tx, actor, message)
    if archived is not (found.archived_at is not None):
        found.archived_at = tx.now if archived else None
        tx.session.add(found)
