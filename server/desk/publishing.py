"""Publishing: a document of the authority given to chosen professionals of a child."""

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
from server.documents.service import find_document, grant_read, retain_documents
from server.documents.tables import Document
from server.messages.service import send_message
from server.people.tables import Person
from shared.desk import PUBLICATION_LABELS, PublicationKind, PublishedRow, PublishIn
from shared.places import PlaceKind
from shared.problems import ProblemCode


def publish(tx: Transaction, actor: Actor, case_id: UUID, wanted: PublishIn) -> Case:
    """Publish an uploaded document; a repeat is answered as the first time.

    Raises NOT_FOUND, CONFLICT, and INVALID for readers who do not have the child on their list.
    """
    case = find_case(tx, actor, case_id)
    made = tx.session.get(Publication, wanted.id)
    if made is not None:
        if (made.case_id, made.document_id) != (case.id, wanted.document):
            raise PortalProblem(
                ProblemCode.CONFLICT, "Another document was published under this id."
            )
        return case
    document = find_document(tx, actor, wanted.document)
    _refuse_strangers(tx, case, document, wanted)
    label = PUBLICATION_LABELS[wanted.kind]
    tx.session.add(
        Publication(
            id=wanted.id, case_id=case.id, document_id=document.id, kind=wanted.kind,
            title=wanted.title.strip() or label, account_id=actor.account_id, published_at=tx.now,
        )
    )  # fmt: skip
    tx.session.flush()
    retain_documents(tx, [document.id])
    grant_read(tx, [document.id], wanted.readers)
    actor.record(tx, Action.DOCUMENT_PUBLISHED, subject=wanted.id, person=case.person_id)
    person = tx.session.get_one(Person, case.person_id)
    for reader in dict.fromkeys(wanted.readers):
        tx.session.add(PublicationReader(publication_id=wanted.id, account_id=reader))
        send_message(
            tx,
            to_account=reader,
            subject=f"{label} to read",
            body=f"{label} of {person.name} can be read and saved.",
            person=person.id,
            place=PlaceKind.PERSON.of(person.id),
            place_label="Open the progress page",
        )
    return case


def _refuse_strangers(tx: Transaction, case: Case, document: Document, wanted: PublishIn) -> None:
    known = {account.id for account, _ in professionals_of(tx, case.person_id)}
    if document.person_id != case.person_id:
        raise invalid_field("/document", "This document is about another child.")
    if not set(wanted.readers) <= known:
        raise invalid_field(
            "/readers",
            "Someone chosen does not have this child on their list. Allocate the child first.",
        )


def published_rows(tx: Transaction, case: Case) -> list[PublishedRow]:
    """List what was published in a case, the newest first, with who has read it."""
    rows = tx.session.execute(
        select(Publication, Document)
        .join(Document, col(Document.id) == col(Publication.document_id))
        .where(Publication.case_id == case.id)
        .order_by(col(Publication.published_at).desc())
    )
    published = [(one, document) for one, document in rows]
    readers = _readers(tx, [one.id for one, _ in published])
    return [
        PublishedRow(
            id=one.id,
            document=document.id,
            name=document.name,
            kind=PublicationKind(one.kind),
            title=one.title,
            published_at=one.published_at,
            readers=readers[one.id],
        )
        for one, document in published
    ]


def _readers(tx: Transaction, publications: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Name who each document was published to, and who has read it."""
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
