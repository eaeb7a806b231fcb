"""Access to a form, which includes access to its documents and the child."""

from collections.abc import Iterable, Mapping
from typing import cast
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.allocating import put_on_list
from server.cases.tables import Case, Publication, PublicationReader
from server.core.database import Transaction
from server.documents.service import (
    delete_document,
    filter_readable,
    grant_read,
    lock_documents,
    revoke_read,
)
from server.documents.tables import Document, DocumentReader
from server.forms.catalogue import pinned_form
from server.forms.references import documents_in
from server.forms.tables import StoredAnswer, Submission, SubmissionShare, SubmissionVersion
from server.people.lists import remove_from_lists
from server.people.tables import ListedPerson
from shared.forms.submissions import Answer, Answers


def accounts_with_access(tx: Transaction, submission: Submission) -> list[UUID]:
    """List the accounts that may fill a submission."""
    colleagues = select(SubmissionShare.account_id).where(
        SubmissionShare.submission_id == submission.id
    )
    owner = [submission.account_id] if submission.account_id else []
    return [*owner, *tx.session.exec(colleagues)]


def load_answers(tx: Transaction, submission: UUID) -> Answers:
    """Load the current answers of a submission."""
    rows = tx.session.exec(select(StoredAnswer).where(StoredAnswer.submission_id == submission))
    return {row.field: cast("Answer", row.answer) for row in rows}


def files_of(tx: Transaction, submission: Submission) -> set[UUID]:
    """Return the ids of documents in a form's current answers and submitted versions."""
    definition = pinned_form(tx, submission.form, submission.form_version)
    versions = tx.session.exec(
        select(SubmissionVersion.answers).where(SubmissionVersion.submission_id == submission.id)
    ).all()
    all_answers = [
        load_answers(tx, submission.id),
        *(cast("Answers", answers) for answers in versions),
    ]
    return {file for answers in all_answers for file in documents_in(definition, answers)}


def grant_access(tx: Transaction, actor: Actor, submission: Submission, account: UUID) -> None:
    """Grant an account access to a form and its documents, and add the child to its list.

    Only documents that everyone with access may read are included, because naming a document in
    an answer must not grant access to it.
    """
    put_on_list(tx, actor, submission.person_id, account, through=submission.id)
    files = files_of(tx, submission)
    for writer in accounts_with_access(tx, submission):
        if writer != account:
            files = filter_readable(tx, writer, submission.person_id, files)
    grant_read(tx, files, [account])


def grant_named_documents(
    tx: Transaction, submission: Submission, changes: Mapping[str, Answer | None], account: UUID
) -> None:
    """Grant every account that fills a form access to documents newly named in it.

    Only documents that `account` may read are included. Documents named before are left out,
    because another account may have added them.
    """
    definition = pinned_form(tx, submission.form, submission.form_version)
    answers = {field: answer for field, answer in changes.items() if answer is not None}
    if document_ids := documents_in(definition, answers):
        new = set(document_ids).difference(
            documents_in(definition, load_answers(tx, submission.id))
        )
        grant_read(
            tx,
            filter_readable(tx, account, submission.person_id, new),
            accounts_with_access(tx, submission),
        )


def revoke_access(tx: Transaction, submission: Submission, account: UUID) -> None:
    """Revoke an account's access to the child and documents of a form."""
    remove_from_list(tx, submission.person_id, account)
    reduce_access(tx, submission.person_id, account)


def reduce_access(tx: Transaction, person: UUID, account: UUID) -> None:
    """Revoke an account's access to documents of a child in none of its forms or publications."""
    published = (
        select(Publication.document_id)
        .join(PublicationReader, col(PublicationReader.publication_id) == col(Publication.id))
        .where(PublicationReader.account_id == account, col(PublicationReader.ended_at).is_(None))
    )
    still_readable = set(tx.session.exec(published))
    for form in tx.session.exec(select(Submission).where(Submission.person_id == person)).all():
        if account in accounts_with_access(tx, form):
            still_readable |= files_of(tx, form)
    revoke_read(tx, person, account, keep=still_readable)


def revoke_document(tx: Transaction, document: Document) -> set[UUID]:
    """Revoke the access that ended publications of a document gave; return who lost it.

    The child's forms must be locked. A form gives access to the document only if its uploader
    wrote in the form, because readers of a publication may have named the document in their own.
    """
    published = (
        select(PublicationReader.account_id)
        .join(Publication, col(Publication.id) == col(PublicationReader.publication_id))
        .where(Publication.document_id == document.id, col(PublicationReader.ended_at).is_(None))
    )
    keep = set(tx.session.exec(published))
    forms = select(Submission).where(Submission.person_id == document.person_id)
    for form in tx.session.exec(forms).all():
        if document.id in files_of(tx, form) and document.account_id in _writers(tx, form):
            keep.update(accounts_with_access(tx, form))
    readers = tx.session.exec(
        select(DocumentReader).where(DocumentReader.document_id == document.id)
    ).all()
    lost = [reader for reader in readers if reader.account_id not in keep]
    for reader in lost:
        tx.session.delete(reader)
    tx.session.flush()
    return {reader.account_id for reader in lost}


def _writers(tx: Transaction, form: Submission) -> set[UUID | None]:
    """Return the accounts that fill a form, or that answered or submitted it."""
    writers: set[UUID | None] = set(accounts_with_access(tx, form))
    answers = select(StoredAnswer).where(StoredAnswer.submission_id == form.id)
    writers.update(answer.account_id for answer in tx.session.exec(answers))
    versions = select(SubmissionVersion).where(SubmissionVersion.submission_id == form.id)
    writers.update(version.account_id for version in tx.session.exec(versions))
    return writers


def lock_forms(tx: Transaction, *people: UUID) -> None:
    """Lock the forms of children in order of id; forms are locked before their child and case."""
    forms = select(Submission.id).where(col(Submission.person_id).in_(people))
    tx.session.exec(forms.order_by(col(Submission.id)).with_for_update()).all()


def remove_from_list(tx: Transaction, person: UUID, account: UUID) -> None:
    """Remove a child from an account's list if a form that has ended was the reason for it."""
    listed = tx.session.get(ListedPerson, (account, person))
    if listed is None or listed.through is None:
        return
    forms = select(Submission).where(Submission.person_id == person)
    published = (
        select(PublicationReader)
        .join(Publication, col(Publication.id) == col(PublicationReader.publication_id))
        .join(Case, col(Case.id) == col(Publication.case_id))
        .where(
            PublicationReader.account_id == account,
            col(PublicationReader.ended_at).is_(None),
            Case.person_id == person,
        )
    )
    if any(account in accounts_with_access(tx, form) for form in tx.session.exec(forms).all()):
        return
    if tx.session.exec(published).first() is None:
        remove_from_lists(tx, person, [account])


def remove_unreferenced(tx: Transaction, actor: Actor, person: UUID, ids: Iterable[UUID]) -> None:
    """Remove unsubmitted documents of a child that no form names."""
    for document in lock_documents(tx, find_unreferenced(tx, person, ids)):
        if document.kept_at is None:
            delete_document(tx, actor, document)


def find_unreferenced(
    tx: Transaction, person: UUID, ids: Iterable[UUID], *, ignoring: Iterable[Submission] = ()
) -> set[UUID]:
    """Return the ids that no form of a child names, disregarding the forms in `ignoring`."""
    ignored = {form.id for form in ignoring}
    forms = tx.session.exec(select(Submission).where(Submission.person_id == person)).all()
    return set(ids).difference(*(files_of(tx, form) for form in forms if form.id not in ignored))
