"""Documents: access, quota, retention and removal."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Exists, Select, exists
from sqlmodel import and_, col, delete, func, or_, select

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.documents.tables import Document, DocumentReader, UnreferencedKey
from server.people.tables import ListedPerson
from shared.accounts import Staff
from shared.documents import DocumentOut, ScanState, human_size
from shared.problems import ProblemCode

REMOVED = "This file was removed because it was not used; choose it again."
"""What is said to an officer of a document that is gone, as retention deletes unused ones."""


def visible_documents(actor: Actor) -> Select[Document]:
    """Select the documents visible to an actor.

    A professional sees documents of people on their list that they uploaded or were granted. An
    officer sees their own uploads, and every submitted or published document.
    """
    query = select(Document)
    is_own = Document.account_id == actor.account_id
    if actor.staff is Staff.OFFICER:
        return query.where(or_(is_own, col(Document.kept_at).is_not(None)))
    return query.join(
        ListedPerson,
        and_(
            col(ListedPerson.person_id) == col(Document.person_id),
            col(ListedPerson.account_id) == actor.account_id,
        ),
    ).where(or_(is_own, _is_granted(actor.account_id)))


def _is_granted(account: UUID) -> Exists:
    return exists().where(
        col(DocumentReader.document_id) == col(Document.id),
        col(DocumentReader.account_id) == account,
    )


def filter_readable(tx: Transaction, account: UUID, person: UUID, ids: Iterable[UUID]) -> set[UUID]:
    """Return the ids of a person's documents that an account uploaded or was granted."""
    query = select(Document.id).where(
        Document.person_id == person,
        col(Document.id).in_(list(ids)),
        or_(Document.account_id == account, _is_granted(account)),
    )
    return set(tx.session.exec(query))


def grant_read(tx: Transaction, documents: Iterable[UUID], accounts: Iterable[UUID]) -> None:
    """Grant accounts access to documents that others uploaded."""
    readers = list(accounts)
    for document in documents:
        for account in readers:
            tx.session.merge(DocumentReader(document_id=document, account_id=account))


def revoke_read(tx: Transaction, person: UUID, account: UUID, *, keep: Iterable[UUID]) -> None:
    """Revoke an account's access to documents of a person, except those in `keep`."""
    person_documents = select(Document.id).where(Document.person_id == person)
    tx.session.exec(
        delete(DocumentReader).where(
            col(DocumentReader.account_id) == account,
            col(DocumentReader.document_id).in_(person_documents),
            col(DocumentReader.document_id).not_in(list(keep)),
        )
    )


def document_out(tx: Transaction, document: Document) -> DocumentOut:
    """Build the view of a document."""
    view = DocumentOut.model_validate(document, from_attributes=True)
    if view.scan is ScanState.CHECKING and tx.services.settings.accepts_unscanned:
        view.scan = ScanState.UNSCANNED
    return view


def held_names(tx: Transaction, person: UUID) -> list[str]:
    """List the names of a person's submitted documents in which a virus was found."""
    query = select(Document.name).where(
        Document.person_id == person,
        Document.scan == ScanState.INFECTED,
        col(Document.kept_at).is_not(None),
    )
    return list(tx.session.exec(query.order_by(col(Document.uploaded_at))))


def count_scans(tx: Transaction) -> dict[ScanState, int]:
    """Count all documents by the stored state of their scan."""
    counts = select(Document.scan, func.count()).group_by(Document.scan)
    return {ScanState(scan): count for scan, count in tx.session.exec(counts)}


def require_openable(tx: Transaction, document: Document) -> None:
    """Raise BEING_CHECKED or HELD unless a document can be opened."""
    match document_out(tx, document).scan:
        case ScanState.CHECKING:
            raise PortalProblem(
                ProblemCode.BEING_CHECKED,
                f"{document.name} is being checked for viruses. Try again in a few minutes.",
            )
        case ScanState.INFECTED:
            raise PortalProblem(
                ProblemCode.HELD, f"A virus was found in {document.name}, so nobody can open it."
            )


def find_document(tx: Transaction, actor: Actor, document: UUID) -> Document:
    """Return a document visible to the actor; raises NOT_FOUND."""
    query = visible_documents(actor).where(col(Document.id) == document)
    row: Document | None = tx.session.execute(query).scalar()
    if row is None:
        raise not_found()
    return row


def retain_upload(tx: Transaction, actor: Actor, document: UUID) -> Document:
    """Retain a document that an officer chose in a dialog, and return it.

    Raises INVALID if it is gone, or not visible to the actor.
    """
    query = visible_documents(actor).where(col(Document.id) == document).with_for_update()
    fresh = query.execution_options(populate_existing=True)
    row: Document | None = tx.session.execute(fresh).scalar()
    if row is None:
        raise invalid_field("/document", REMOVED)
    row.kept_at = row.kept_at or tx.now
    tx.session.add(row)
    return row


def list_documents(tx: Transaction, actor: Actor, person: UUID) -> list[Document]:
    """List the documents of a person visible to the actor, oldest first."""
    query = visible_documents(actor).where(col(Document.person_id) == person)
    return list(tx.session.execute(query.order_by(col(Document.uploaded_at))).scalars())


def documents_by_id(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, DocumentOut]:
    """Return documents by id, without an access check; unknown ids are omitted."""
    rows = tx.session.exec(select(Document).where(col(Document.id).in_(list(ids))))
    return {row.id: document_out(tx, row) for row in rows}


def load_digests(tx: Transaction, ids: Iterable[UUID]) -> dict[str, str]:
    """Return the SHA-256 of documents by id, without an access check."""
    rows = tx.session.exec(select(Document).where(col(Document.id).in_(list(ids))))
    return {str(row.id): row.sha256 for row in rows}


def count_unsubmitted(tx: Transaction, ids: Iterable[UUID]) -> int:
    """Count the documents with these ids that were never submitted."""
    query = select(func.count(col(Document.id))).where(
        col(Document.id).in_(list(ids)), col(Document.kept_at).is_(None)
    )
    return tx.session.exec(query).one()


def lock_documents(tx: Transaction, ids: Iterable[UUID]) -> list[Document]:
    """Lock documents in order of id, which prevents deadlocks, and return them."""
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
    """Mark documents as submitted, to be retained; raises NOT_FOUND if one is missing."""
    unique_ids = set(ids)
    documents = lock_documents(tx, unique_ids)
    if len(documents) < len(unique_ids):
        raise not_found()
    for document in documents:
        document.kept_at = document.kept_at or tx.now
        tx.session.add(document)


def check_quota(tx: Transaction, actor: Actor, size: int) -> None:
    """Raise QUOTA if a document of `size` bytes exceeds the account's quota."""
    used_bytes = tx.session.exec(
        select(func.coalesce(func.sum(Document.size), 0)).where(
            Document.account_id == actor.account_id
        )
    ).one()
    quota = tx.services.settings.quota_bytes
    if int(used_bytes) + size > quota:
        raise PortalProblem(
            ProblemCode.QUOTA,
            f"Your share of {human_size(quota)} is used up. Remove documents of drafts you no "
            "longer need, or ask for help.",
        )


def remove_document(tx: Transaction, actor: Actor, document: UUID) -> None:
    """Remove one of the actor's own documents; raises NOT_FOUND, IN_USE."""
    row = find_document(tx, actor, document)
    if row.account_id != actor.account_id or not lock_documents(tx, [document]):
        raise not_found()
    if row.kept_at is not None:
        raise PortalProblem(
            ProblemCode.IN_USE, f"{row.name} was submitted, and what was submitted is kept."
        )
    delete_document(tx, actor, row)


def delete_document(tx: Transaction, actor: Actor, document: Document) -> None:
    """Delete a document's row and audit the deletion; the sweep deletes its content."""
    tx.session.delete(document)
    tx.session.add(UnreferencedKey(key=document.key, since=tx.now, uploading=False))
    actor.record(tx, Action.DOCUMENT_REMOVED, subject=document.id, person=document.person_id)
