"""Publishing a document to selected professionals of a child, and withdrawing it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import and_, col, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import professionals_of
from server.cases.service import find_case
from server.cases.tables import Case, CaseDocument, CaseEvent, Publication, PublicationReader
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.documents.service import (
    document_out,
    grant_read,
    lock_documents,
    require_openable,
    retain_upload,
)
from server.documents.tables import Document
from server.forms.access import lock_forms, remove_from_list, revoke_document
from server.messages.service import send_message
from server.people.service import lock_person
from server.people.tables import ListedPerson, Person
from shared.cases.states import CaseState
from shared.documents import ScanState
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.publications import (
    PLAN_OF,
    PUBLICATION_LABELS,
    PlanIn,
    PublicationKind,
    PublishedRow,
    PublishIn,
)
from shared.values.days import format_datetime, format_day, london_day
from shared.values.identifiers import check_line

ASSESSED = frozenset({CaseState.ASSESSING, CaseState.REASSESSING})
ASSESSMENT_RUNS = (
    "Publish a draft plan now?\n"
    "The assessment is still running: nobody has decided yet to issue a plan. Its readers may take "
    "the draft for that decision."
)
UNDONE = "The step was undone"
"""The reason of withdrawing the plan that was published with a step."""
FOR_OFFICERS = "This document is for officers only. Upload it again to publish it."
WITHDRAWN = "This document was withdrawn. Nobody was added; publish it again."

_WITHDRAWER = aliased(Account)


def publish(tx: Transaction, actor: Actor, case_id: UUID, new: PublishIn) -> Case:
    """Publish an uploaded document; idempotent by the id of the publication.

    Raises NOT_FOUND, CONFLICT, INVALID if the child is not on a reader's list or the title has
    hidden characters, and NEEDS_CONFIRMATION for a draft plan during an assessment.
    """
    case = lock_for_publishing(tx, actor, case_id)
    if _is_published(tx, case, new.id, new.document):
        return case
    if error := check_line(new.title).message:
        raise invalid_field("/title", error)
    is_early = new.kind is PublicationKind.DRAFT_PLAN and CaseState(case.state) in ASSESSED
    if is_early and not new.confirmed:
        raise PortalProblem(ProblemCode.NEEDS_CONFIRMATION, ASSESSMENT_RUNS)
    plan = PlanIn(id=new.id, document=new.document, readers=new.readers)
    _add_publication(tx, actor, case, plan, new.kind, new.title.strip())
    _require_not_filed(tx, new.document)
    return case


def _require_not_filed(tx: Transaction, document: UUID) -> None:
    if tx.session.get(CaseDocument, document) is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, FOR_OFFICERS)


def publish_views(tx: Transaction, actor: Actor, case: Case, views: PlanIn, title: str) -> None:
    """Publish the views that an event records, in a case from `lock_for_publishing`.

    Their id is that of the event. Raises NOT_FOUND, CONFLICT, INVALID if the child is not on a
    reader's list, and NOT_ALLOWED for a document that is for officers only.
    """
    if not _is_published(tx, case, views.id, views.document):
        _add_publication(tx, actor, case, views, PublicationKind.OTHER, title)
        _require_not_filed(tx, views.document)


def publish_plan(
    tx: Transaction, actor: Actor, case: Case, plan: PlanIn, kind: PublicationKind
) -> None:
    """Publish the plan that an event sends, in a case from `lock_for_publishing`.

    A document that was for officers only no longer is. Raises NOT_FOUND, CONFLICT, and INVALID if
    the child is not on a reader's list.
    """
    if _is_published(tx, case, plan.id, plan.document):
        return
    _add_publication(tx, actor, case, plan, kind, "")
    if (filed := tx.session.get(CaseDocument, plan.document)) is not None:
        tx.session.delete(filed)


def lock_for_publishing(tx: Transaction, actor: Actor, case_id: UUID) -> Case:
    """Lock and return a case after its child, in the order that publishing needs.

    Raises NOT_FOUND.
    """
    lock_person(tx, actor, _find_person(tx, case_id))  # always before the case
    return find_case(tx, actor, case_id)


def lock_for_withdrawing(tx: Transaction, actor: Actor, case_id: UUID) -> Case:
    """Lock and return a case after its child's forms, in the order that withdrawing needs.

    Raises NOT_FOUND.
    """
    lock_forms(tx, _find_person(tx, case_id))
    return find_case(tx, actor, case_id)


def _find_person(tx: Transaction, case_id: UUID) -> UUID:
    """Return the child of a case; raises NOT_FOUND.

    The case itself is not loaded before it is locked: the session would keep its old values.
    """
    person = tx.session.exec(select(Case.person_id).where(Case.id == case_id)).first()
    if person is None:
        raise not_found()
    return person


def _add_publication(
    tx: Transaction, actor: Actor, case: Case, plan: PlanIn, kind: PublicationKind, title: str
) -> None:
    document = retain_upload(tx, actor, plan.document)
    if document.scan == ScanState.INFECTED:
        require_openable(tx, document)
    _require_readers_on_list(tx, case, document, plan.readers)
    label = PUBLICATION_LABELS[kind]
    tx.session.add(
        Publication(
            id=plan.id,
            case_id=case.id,
            document_id=document.id,
            kind=kind,
            title=title or label,
            account_id=actor.account_id,
            published_at=tx.now,
        )
    )
    tx.session.flush()
    grant_read(tx, [document.id], plan.readers)
    actor.record(tx, Action.DOCUMENT_PUBLISHED, subject=plan.id, person=case.person_id)
    person = tx.session.get_one(Person, case.person_id)
    for reader in dict.fromkeys(plan.readers):
        tx.session.add(PublicationReader(publication_id=plan.id, account_id=reader))
        _notify(tx, reader, person, label)


def add_readers(
    tx: Transaction, actor: Actor, publication_id: UUID, readers: Sequence[UUID]
) -> Case:
    """Publish a published document to further readers, and notify them; idempotent.

    Raises NOT_FOUND, INVALID if the child is not on a reader's list, and NOT_ALLOWED if the
    document was withdrawn or a virus was found in it.
    """
    publication = tx.session.get(Publication, publication_id)
    if publication is None:
        raise not_found()
    case = lock_for_publishing(tx, actor, publication.case_id)
    tx.session.refresh(publication)
    if publication.withdrawn_at is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, WITHDRAWN)
    document = tx.session.get_one(Document, publication.document_id)
    if document.scan == ScanState.INFECTED:
        require_openable(tx, document)
    _require_readers_on_list(tx, case, document, readers)
    query = select(PublicationReader).where(PublicationReader.publication_id == publication.id)
    rows = {row.account_id: row for row in tx.session.exec(query)}
    person = tx.session.get_one(Person, case.person_id)
    for reader in dict.fromkeys(readers):
        row = rows.get(reader)
        if row is not None and row.ended_at is None:
            continue
        row = row or PublicationReader(publication_id=publication.id, account_id=reader)
        row.ended_at = None
        tx.session.add(row)
        grant_read(tx, [document.id], [reader])
        actor.record(
            tx,
            Action.DOCUMENT_PUBLISHED,
            subject=publication.id,
            to=reader,
            person=case.person_id,
        )
        _notify(tx, reader, person, PUBLICATION_LABELS[PublicationKind(publication.kind)])
    tx.session.flush()
    return case


def _is_published(tx: Transaction, case: Case, id: UUID, document: UUID) -> bool:
    """Whether this is a repeated request; raises CONFLICT if its id is of another document."""
    existing = tx.session.get(Publication, id)
    if existing is None:
        return False
    if (existing.case_id, existing.document_id) != (case.id, document):
        raise PortalProblem(ProblemCode.CONFLICT, "Another document was published under this id.")
    return True


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
    tx: Transaction, case: Case, document: Document, readers: Sequence[UUID]
) -> None:
    # The lock waits for an end of access that is in progress.
    listings = select(ListedPerson.account_id).where(
        ListedPerson.person_id == case.person_id, col(ListedPerson.account_id).in_(readers)
    )
    tx.session.exec(listings.order_by(col(ListedPerson.account_id)).with_for_update(read=True))
    professionals = {account.id for account, _ in professionals_of(tx, case.person_id)}
    if document.person_id != case.person_id:
        raise invalid_field("/document", "This document is about another child.")
    if not set(readers) <= professionals:
        raise invalid_field(
            "/readers",
            "Someone chosen does not have this child on their list. Allocate the child first.",
        )


def withdraw(tx: Transaction, actor: Actor, publication_id: UUID, reason: str) -> Case:
    """Withdraw a publication from all readers and notify them; the first of two reasons is kept.

    Raises NOT_FOUND, and INVALID without a reason.
    """
    publication = tx.session.get(Publication, publication_id)
    if publication is None:
        raise not_found()
    document = tx.session.get_one(Document, publication.document_id)
    lock_forms(tx, document.person_id)
    case = find_case(tx, actor, publication.case_id)
    lock_documents(tx, [document.id])
    tx.session.refresh(publication)
    if publication.withdrawn_at is not None:
        return case
    publication.withdrawn_at, publication.withdrawn_by = tx.now, actor.account_id
    publication.withdrawn_reason = require_reason(reason)
    tx.session.add(publication)
    readers = _end_readers(tx, publication)
    readers |= revoke_document(tx, document)
    for reader in sorted(readers):
        remove_from_list(tx, document.person_id, reader)
        _notify_withdrawn(tx, reader, publication)
    actor.record(tx, Action.DOCUMENT_WITHDRAWN, subject=publication.id, person=case.person_id)
    return case


def find_plan_of(tx: Transaction, event: CaseEvent) -> UUID | None:
    """Return the publication of the plan or the views of an event, unless it is withdrawn."""
    is_plan = and_(
        col(Publication.published_at) == event.at, col(Publication.kind).in_(PLAN_OF.values())
    )
    published_with_it = select(Publication.id).where(
        Publication.case_id == event.case_id,
        or_(is_plan, col(Publication.id) == event.made_id),
        col(Publication.withdrawn_at).is_(None),
    )
    return tx.session.exec(published_with_it).first()


def require_reason(reason: str) -> str:
    """Return a reason without surrounding spaces; raises INVALID if it is empty."""
    if not reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    return reason.strip()


def _end_readers(tx: Transaction, publication: Publication) -> set[UUID]:
    """End the access of a publication's readers and return those who had it."""
    readers = tx.session.exec(
        select(PublicationReader).where(
            PublicationReader.publication_id == publication.id,
            col(PublicationReader.ended_at).is_(None),
        )
    ).all()
    for reader in readers:
        reader.ended_at = tx.now
        tx.session.add(reader)
    tx.session.flush()
    return {reader.account_id for reader in readers}


def _notify_withdrawn(tx: Transaction, reader: UUID, publication: Publication) -> None:
    label = PUBLICATION_LABELS[PublicationKind(publication.kind)]
    day = format_day(london_day(publication.published_at))
    send_message(
        tx,
        to_account=reader,
        subject="A document was withdrawn",
        body=(
            f"The Local Authority withdrew a document that you could read: {label}, published on "
            f"{day}. It can't be opened any more. If you saved or printed a copy, destroy it."
        ),
    )


def published_rows(tx: Transaction, case: Case) -> list[PublishedRow]:
    """List the publications of a case and their readers, newest first."""
    rows = tx.session.execute(
        select(Publication, Document, _WITHDRAWER)
        .join(Document, col(Document.id) == col(Publication.document_id))
        .join(_WITHDRAWER, col(_WITHDRAWER.id) == col(Publication.withdrawn_by), isouter=True)
        .where(Publication.case_id == case.id)
        .order_by(col(Publication.published_at).desc())
    )
    publications = [(publication, document, account) for publication, document, account in rows]
    readers = _readers_of(tx, [publication.id for publication, *_ in publications])
    return [
        PublishedRow(
            id=publication.id,
            document=document.id,
            name=document.name,
            kind=PublicationKind(publication.kind),
            title=publication.title,
            published_at=publication.published_at,
            scan=document_out(tx, document).scan,
            readers=[_reader_name(reader, account) for reader, account in readers[publication.id]],
            reader_ids=[
                account.id for reader, account in readers[publication.id] if reader.ended_at is None
            ],
            withdrawn_at=publication.withdrawn_at,
            withdrawn_by=account.name if account else "",
            withdrawn_reason=publication.withdrawn_reason,
        )
        for publication, document, account in publications
    ]


def _readers_of(
    tx: Transaction, publications: Sequence[UUID]
) -> dict[UUID, list[tuple[PublicationReader, Account]]]:
    """Return the readers of each publication, with their accounts."""
    rows = tx.session.execute(
        select(PublicationReader, Account)
        .join(Account, col(Account.id) == col(PublicationReader.account_id))
        .where(col(PublicationReader.publication_id).in_(publications))
        .order_by(col(Account.last_name))
    )
    readers: dict[UUID, list[tuple[PublicationReader, Account]]] = {id: [] for id in publications}
    for reader, account in rows:
        readers[reader.publication_id].append((reader, account))
    return readers


def _reader_name(reader: PublicationReader, account: Account) -> str:
    """Return the name of a reader, with when they first opened the document."""
    opened = f" (opened {format_datetime(reader.read_at)})" if reader.read_at else ""
    return f"{account.name}{opened}"
