"""Messages within the portal, each announced by an email without content."""

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.outbox import post_mail
from server.core.problems import PortalProblem, not_found
from server.messages.tables import Message
from server.people.service import get_person
from shared.messages import MessageOut, MessageRow
from shared.places import Place, PlaceKind

MAIL_SUBJECT = "You have a message in the Professional Portal"
MAIL_BODY = "You have a message. Open the Professional Portal and sign in to read it.\n"


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
    """Send a message, and an email that names no child; a disabled account gets no email.

    `person` is the child that the message is about; reading it is audited for that child.
    """
    tx.session.add(
        Message(
            account_id=to_account,
            subject=subject,
            body=body,
            sent_at=tx.now,
            person_id=person,
            place=place.path if place else None,
            place_label=place_label,
        )
    )
    account = tx.session.get_one(Account, to_account)
    if account.disabled_at is not None:
        return
    post_mail(tx, to=account.email, subject=MAIL_SUBJECT, body=MAIL_BODY)


def redirect_links(tx: Transaction, old: UUID, known: UUID) -> None:
    """Move messages about a merged child, and links to them, to the known child."""
    tx.session.exec(update(Message).where(col(Message.person_id) == old).values(person_id=known))
    paths = [PlaceKind.PERSON.of(person).path for person in (old, known)]
    tx.session.exec(update(Message).where(col(Message.place) == paths[0]).values(place=paths[1]))


def visible_messages(actor: Actor) -> Select[Message]:
    """Select the messages visible to an actor: their own."""
    return select(Message).where(Message.account_id == actor.account_id)


def message_row(message: Message) -> MessageRow:
    """Build the inbox row of a message."""
    return MessageRow(
        id=message.id,
        person=message.person_id,
        subject=message.subject,
        received_at=message.sent_at,
        read=message.read_at is not None,
    )


def _find_message(tx: Transaction, actor: Actor, message_id: UUID) -> Message:
    query = visible_messages(actor).where(col(Message.id) == message_id)
    message: Message | None = tx.session.execute(query).scalar()
    if message is None:
        raise not_found()
    return message


def read_message(tx: Transaction, actor: Actor, message_id: UUID) -> MessageOut:
    """Return a message and audit the reading, since it may name a child; raises NOT_FOUND."""
    message = _find_message(tx, actor, message_id)
    actor.record(tx, Action.MESSAGE_READ, subject=message_id, person=message.person_id)
    return MessageOut(
        **message_row(message).model_dump(),
        person_name=_child_name(tx, actor, message),
        body=message.body,
        place=message.place,
        place_label=message.place_label,
    )


def _child_name(tx: Transaction, actor: Actor, message: Message) -> str:
    """Return the name of a message's child, or '' if the actor may not see the child."""
    if message.person_id is None:
        return ""
    try:
        return get_person(tx, actor, message.person_id).name
    except PortalProblem:
        return ""


def mark_read(tx: Transaction, actor: Actor, message_id: UUID, *, read: bool) -> None:
    """Mark a message as read or unread; raises NOT_FOUND."""
    message = _find_message(tx, actor, message_id)
    if read is not (message.read_at is not None):
        message.read_at = tx.now if read else None
        tx.session.add(message)


def archive(tx: Transaction, actor: Actor, message_id: UUID, *, archived: bool) -> None:
    """Archive a message, or move it back to the inbox; raises NOT_FOUND."""
    message = _find_message(tx, actor, message_id)
    if archived is not (message.archived_at is not None):
        message.archived_at = tx.now if archived else None
        tx.session.add(message)
