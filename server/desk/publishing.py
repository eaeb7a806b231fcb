"""Publishing a document to selected professionals of a child."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import professionals_of
from server.cases.service import find_case
from server.cases.tables import Case, Publication, PublicationReader
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field
from server.documents.service import (
    document_out,
    find_document,
    grant_read,
    require_openable,
    retain_documents,
)
from server.documents.tables import Document
from server.messages.service import send_message
from server.people.tables import Person
from shared.desk import PUBLICATION_LABELS, PublicationKind, PublishedRow, PublishIn
from shared.documents import ScanState
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.identifiers import check_line


def publish(tx: Transaction, actor: Actor, case_id: UUID, new: PublishIn) -> Case:
    """Publish an uploaded document; idempotent by the id of the publication.

    Raises NOT_FOUND, CONFLICT, and INVALID if the child is not on a reader's list or the title
    has hidden characters.
    """
    case = find_case(tx, actor, case_id)
    existing = tx.session.get(Publication, new.id)
    if existing is not None:
        if (existing.case_id, existing.document_id) != (case.id, new.document):
            raise PortalProblem(
                ProblemCode.CONFLICT, "Another document was published under this id."
            )
        return case
    if error := check_line(new.title).message:
        raise invalid_field("/title", error)
    document = find_document(tx, actor, new.document)
    if document.scan == ScanState.INFECTED:
        require_openable(tx, document)
    _require_readers_on_list(tx, case, document, new)
    label = PUBLICATION_LABELS[new.kind]
    tx.session.add(
        Publication(
            id=new.id,
            case_id=case.id,
            document_id=document.id,
            kind=new.kind,
            title=new.title.strip() or label,
            account_id=actor.account_id,
            published_at=tx.now,
        )
    )
    tx.session.flush()
    retain_documents(tx, [document.id])
    grant_read(tx, [document.id], new.readers)
    actor.record(tx, Action.DOCUMENT_PUBLISHED, subject=new.id, person=case.person_id)
    person = tx.session.get_one(Person, case.person_id)
    for reader in dict.fromkeys(new.readers):
        tx.session.add(PublicationReader(publication_id=new.id, account_id=reader))
        _notify(tx, reader, person, label)
    return case


def _notify(tx: Transaction, reader: UUID, person: Person, label: str) -> None:
    send_message(
        tx,
        to_account=reader,
        subject=f"{label} to read",
        body=f"{label} of {person.name} can be read and saved.",
        person=person.id,
        place=PlaceKind.PERSON.of(person.id),
        place_label="Open the progress page",
    )


def _require_readers_on_list(
    tx: Transaction, case: Case, document: Document, new: PublishIn
) -> None:
    professionals = {account.id for account, _ in professionals_of(tx, case.person_id)}
    if document.person_id != case.person_id:
        raise invalid_field("/document", "This document is about another child.")
    if not set(new.readers) <= professionals:
        raise invalid_field(
            "/readers",
            "Someone chosen does not have this child on their list. Allocate the child first.",
        )


def published_rows(tx: Transaction, case: Case) -> list[PublishedRow]:
    """List the publications of a case and their readers, newest first."""
    rows = tx.session.execute(
        select(Publication, Document)
        .join(Document, col(Document.id) == col(Publication.document_id))
        .where(Publication.case_id == case.id)
        .order_by(col(Publication.published_at).desc())
    )
    publications = [(publication, document) for publication, document in rows]
    readers = _reader_names(tx, [publication.id for publication, _ in publications])
    return [
        PublishedRow(
            id=publication.id,
            document=document.id,
            name=document.name,
            kind=PublicationKind(publication.kind),
            title=publication.title,
            published_at=publication.published_at,
            scan=document_out(tx, document).scan,
            readers=readers[publication.id],
        )
        for publication, document in publications
    ]


def _reader_names(tx: Transaction, publications: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the names of each publication's readers, marked "(read)" after reading."""
    rows = tx.session.execute(
        select(PublicationReader, Account)
        .join(Account, col(Account.id) == col(PublicationReader.account_id))
        .where(col(PublicationReader.publication_id).in_(publications))
        .order_by(col(Account.last_name))
    )
    names: dict[UUID, list[str]] = {publication: [] for publication in publications}
    for reader, account in rows:
        read = " (read)" if reader.read_at else ""
        names[reader.publication_id].append(f"{account.name}{read}")
    return names
