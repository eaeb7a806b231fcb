"""Read receipts for published documents."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.tables import Publication, PublicationReader
from server.core.database import Transaction


def record_read(tx: Transaction, actor: Actor, document: UUID) -> None:
    """Record that the actor has opened a document published to them."""
    readers = tx.session.exec(
        select(PublicationReader)
        .join(Publication, col(Publication.id) == col(PublicationReader.publication_id))
        .where(
            Publication.document_id == document,
            PublicationReader.account_id == actor.account_id,
            col(PublicationReader.ended_at).is_(None),
            col(PublicationReader.read_at).is_(None),
        )
    )
    for reader in readers:
        reader.read_at = tx.now
        tx.session.add(reader)
