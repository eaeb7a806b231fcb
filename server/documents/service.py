"""Documents: who may see them, what an account may still store, keeping and removing."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Exists, Select, exists
from sqlmodel import and_, col, delete, func, or_, select

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.documents.tables import Document, DocumentReader, UnreferencedKey
from server.people.tables import ListedPerson
from shared.accounts import Staff
from shared.documents import DocumentOut, human_size
from shared.problems import ProblemCode


def visible_documents(actor: Actor) -> Select[Document]:
    """Select which documents an actor may see.

    A professional sees their own of people on their list, and those they were given to read; an
    officer sees their own and all that was submitted or published.
    """
    found = select(Document)
    mine = Document.account_id == actor.account_id
    if actor.staff is Staff.OFFICER:
        return found.where(or_(mine, col(Document.kept_at).is_not(None)))
    return found.join(
        ListedPerson,
        and_(
            col(ListedPerson.person_id) == col(Document.person_id),
            col(ListedPerson.account_id) == actor.account_id,
        ),
    ).where(or_(mine, _given(actor.account_id)))


def _given(account: UUID) -> Exists:
    return exists().where(
        col(DocumentReader.document_id) == col(Document.id),
        col(DocumentReader.account_id) == account,
    )


def readable_by(tx: Transaction, account: UUID, person: UUID, ids: Iterable[UUID]) -> set[UUID]:
    """Keep the ids of a person's documents that a professional uploaded or was given to read."""
    found = select(Document.id).where(
        Document.person_id == person,
        col(Document.id).in_(list(ids)),
        or_(Document.account_id == account, _given(account)),
    )
    return set(tx.session.exec(found))


def grant_read(tx: Transaction, documents: Iterable[UUID], accounts: Iterable[UUID]) -> None:
    """Let accounts open documents that others uploaded."""
    readers = list(accounts)
    for document in documents:
        for account in readers:
            tx.session.merge(DocumentReader(document_id=document, account_id=account))


def revoke_read(tx: Transaction, person: UUID, account: UUID, *, but: Iterable[UUID]) -> None:
    """Let an account open another's documents of a person no longer, `but` for some."""
    of_person = select(Document.id).where(Document.person_id == person)
    tx.session.exec(
        delete(DocumentReader).where(
            col(DocumentReader.account_id) == account,
            col(DocumentReader.document_id).in_(of_person),
            col(DocumentReader.document_id).not_in(list(but)),
        )
    )


def document_out(document: Document) -> DocumentOut:
    """Tell a document."""
    return DocumentOut.model_validate(document, from_attributes=True)


def find_document(tx: Transaction, actor: Actor, document: UUID) -> Document:
    """Find a document that the actor may see; raises NOT_FOUND."""
    query = visible_documents(actor).where(col(Document.id) == document)
    found: Document | None = tx.session.execute(query).scalar()
    if found is None:
        raise not_found()
    return found


def documents_of(tx: Transaction, actor: Actor, person: UUID) -> list[Document]:
    """List the documents of a person that the actor may see, the oldest first."""
    query = visible_documents(actor).where(col(Document.person_id) == person)
    return list(tx.session.execute(query.order_by(col(Document.uploaded_at))).scalars())


def documents_by_id(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, DocumentOut]:
    """Tell documents by their ids, whoever uploaded them; unknown ids are left out."""
    rows = tx.session.exec(select(Document).where(col(Document.id).in_(list(ids))))
    return {row.id: document_out(row) for row in rows}


def count_unsubmitted(tx: Transaction, ids: Iterable[UUID]) -> int:
    """Count the documents among those ids that were never submitted."""
    found = select(func.count(col(Document.id))).where(
        col(Document.id).in_(list(ids)), col(Document.kept_at).is_(None)
    )
    return tx.session.exec(found).one()


def lock_documents(tx: Transaction, ids: Iterable[UUID]) -> list[Document]:
    """Find documents, locked against others; who locks several locks them in one order."""
    return list(
        tx.session.exec(
            select(Document)
            .where(col(Document.id).in_(list(ids)))
            .order_by(col(Document.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def retain_documents(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Keep documents for ever: they were submitted. Raises NOT_FOUND where one is not there."""
    wanted = set(ids)
    found = lock_documents(tx, wanted)
    if len(found) < len(wanted):
        raise not_found()
    for document in found:
        document.kept_at = document.kept_at or tx.now
        tx.session.add(document)


def refuse_over_quota(tx: Transaction, actor: Actor, size: int) -> None:
    """Raise QUOTA where a document of a size (bytes) is more than the account may store."""
    used = tx.session.exec(
        select(func.coalesce(func.sum(Document.size), 0)).where(
            Document.account_id == actor.account_id
        )
    ).one()
    quota = tx.services.settings.quota_bytes
    if int(used) + size > quota:
        raise PortalProblem(
            ProblemCode.QUOTA,
            f"Your share of {human_size(quota)} is used up. Remove documents of drafts you no "
            "longer need, or ask for help.",
        )


def remove_document(tx: Transaction, actor: Actor, document: UUID) -> None:
    """Remove a document, whose bytes are swept; raises NOT_FOUND, IN_USE."""
    found = find_document(tx, actor, document)
    if found.account_id != actor.account_id or not lock_documents(tx, [document]):
        raise not_found()
    if found.kept_at is not None:
        raise PortalProblem(
            ProblemCode.IN_USE, f"{found.name} was submitted, and what was submitted is kept."
        )
    delete_document(tx, actor, found)


def delete_document(tx: Transaction, actor: Actor, found: Document) -> None:
    """Delete a document's row, which the audit records, and leave its bytes to the sweep."""
    tx.session.delete(found)
    tx.session.add(UnreferencedKey(key=found.key, since=tx.now, uploading=False))
    actor.record(tx, Action.DOCUMENT_REMOVED, subject=found.id, person=found.person_id)
