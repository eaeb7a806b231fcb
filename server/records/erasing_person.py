"""Erasing a child: what the law does not require to be kept, or everything."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, exists
from sqlmodel import SQLModel, col, or_, select, update

from server.cases.tables import Case, CaseDocument, PublicationReader
from server.core.audit import Action, record
from server.core.database import Transaction
from server.desk.tables import Reminder, Task
from server.documents.tables import Document, DocumentReader, UnreferencedKey
from server.forms.filling import newest_version, revert
from server.forms.tables import (
    AdviceRequest,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
)
from server.letters.tables import LetterDraftRow, LetterRecord
from server.messages.tables import Message
from server.people.lists import remove_from_lists
from server.people.service import find_records
from server.people.tables import ListedPerson, ListedWord, Person
from server.records.about_person import rows_about
from server.records.tables import Erasure
from shared.forms.submissions import SubmissionState

NOT_DELETED_DIRECTLY = (Document, ListedPerson, ListedWord)
"""Tables whose rows are deleted together with something else: stored content, sizes of lists."""


def erase_person(tx: Transaction, person_id: UUID, reason: str, *, everything: bool) -> Erasure:
    """Erase a child, with the records merged into it, and audit it; raises NOT_FOUND.

    Without `everything`, what was submitted or published, and cases with their events, are kept
    with the child's details. The sweep deletes the content of documents.
    """
    people = [person.id for person in find_records(tx, person_id)]
    lock_records(tx, people)
    counts = delete_everything(tx, people) if everything else _delete_unprotected(tx, people)
    erasure = Erasure(
        subject_id=people[0],
        at=tx.now,
        reason=reason,
        everything=everything,
        counts={name: count for name, count in counts.items() if count},
    )
    tx.session.add(erasure)
    record(tx, Action.PERSON_ERASED, subject=erasure.id, person=people[0])
    return erasure


def delete_everything(tx: Transaction, people: Sequence[UUID]) -> Counter[str]:
    """Delete all rows about a child, and return their number by table."""
    rows = rows_about(people)
    counts = Counter({"document": delete_documents(tx, rows[Document])})
    counts["listed_person"] = _remove_from_all_lists(tx, people)
    for table, condition in rows.items():
        if table not in NOT_DELETED_DIRECTLY:
            counts[str(table.__tablename__)] = delete_rows(tx, table, condition)
    return counts


def _delete_unprotected(tx: Transaction, people: Sequence[UUID]) -> Counter[str]:
    rows = rows_about(people)
    counts: Counter[str] = Counter()
    forms = tx.session.exec(select(Submission).where(rows[Submission])).all()
    for form in forms:
        if is_draft(tx, form):
            counts["submission"] += 1
            delete_draft(tx, form.id)
        elif form.state != SubmissionState.SUBMITTED:
            revert(tx, form, newest_version(tx, form.id), by=None)
    tx.session.flush()
    counts["document"] = delete_documents(tx, rows[Document] & col(Document.kept_at).is_(None))
    for table in (DocumentReader, StoredSave, SubmissionShare, LetterDraftRow, Message, Task):
        counts[str(table.__tablename__)] = delete_rows(tx, table, rows[table])
    # Who received a published document is kept with it, and can't open it any more.
    is_open = rows[PublicationReader] & col(PublicationReader.ended_at).is_(None)
    tx.session.execute(update(PublicationReader).where(is_open).values(ended_at=tx.now))
    counts["listed_person"] = _remove_from_all_lists(tx, people)
    protected = (exists().where(rows[table]) for table in (Submission, Case, Document))
    if not tx.session.execute(select(or_(*protected))).scalar_one():
        counts += delete_everything(tx, people)
    return counts


def is_draft(tx: Transaction, form: Submission) -> bool:
    """Whether a form was never submitted, and the authority did not ask for it."""
    advice = select(AdviceRequest.id).where(AdviceRequest.submission_id == form.id)
    return form.submitted_at is None and tx.session.exec(advice).first() is None


def delete_draft(tx: Transaction, form: UUID) -> None:
    """Delete the rows of a draft that was never submitted."""
    for table in (StoredAnswer, StoredSave, SubmissionShare):
        delete_rows(tx, table, col(table.submission_id) == form)
    delete_rows(tx, Reminder, col(Reminder.subject_id) == form)
    delete_rows(tx, Submission, col(Submission.id) == form)


def delete_documents(tx: Transaction, condition: ColumnElement[bool]) -> int:
    """Delete documents and their readers; the sweep deletes their content."""
    documents = tx.session.execute(select(Document.id, Document.key).where(condition)).all()
    for key in (key for _, key in documents):
        tx.session.add(UnreferencedKey(key=key, since=tx.now, uploading=False))
    ids = [id for id, _ in documents]
    for table in (DocumentReader, CaseDocument, LetterRecord):
        delete_rows(tx, table, col(table.document_id).in_(ids))
    return delete_rows(tx, Document, col(Document.id).in_(ids))


def delete_rows(tx: Transaction, table: type[SQLModel], condition: ColumnElement[bool]) -> int:
    """Delete rows of a table and return their number."""
    # Comparing the condition with loaded rows would take longer than the statement.
    statement = delete(table).where(condition).execution_options(synchronize_session=False)
    result = tx.session.execute(statement)
    return cast("CursorResult[Any]", result).rowcount


def _remove_from_all_lists(tx: Transaction, people: Iterable[UUID]) -> int:
    count = 0
    for person in people:
        on_list = select(ListedPerson.account_id).where(ListedPerson.person_id == person)
        accounts = tx.session.exec(on_list).all()
        remove_from_lists(tx, person, accounts)
        count += len(accounts)
    return count


def lock_records(tx: Transaction, people: Sequence[UUID]) -> None:
    """Lock a child's forms, then the child and its cases, the order that prevents deadlocks."""
    for column, condition in (
        (Submission.id, col(Submission.person_id).in_(people)),
        (Person.id, col(Person.id).in_(people)),
        (Case.id, col(Case.person_id).in_(people)),
    ):
        query = select(column).where(condition).order_by(col(column)).with_for_update()
        tx.session.exec(query).all()
