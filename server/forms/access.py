"""Who fills a form, and what comes and goes with it: the child on their list, its documents."""

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
    grant_read,
    lock_documents,
    readable_by,
    revoke_read,
)
from server.forms.catalogue import form_filled
from server.forms.named import files_in
from server.forms.tables import StoredAnswer, Submission, SubmissionShare, SubmissionVersion
from server.people.lists import take_off_lists
from server.people.tables import ListedPerson
from shared.forms.submissions import Answer, Answers


def writers_and_readers(tx: Transaction, submission: Submission) -> list[UUID]:
    """List the accounts that may fill a submission."""
    shared = select(SubmissionShare.account_id).where(
        SubmissionShare.submission_id == submission.id
    )
    own = [submission.account_id] if submission.account_id else []
    return [*own, *tx.session.exec(shared)]


def answers_of(tx: Transaction, submission: UUID) -> Answers:
    """Read the answers of a submission as they stand."""
    rows = tx.session.exec(select(StoredAnswer).where(StoredAnswer.submission_id == submission))
    return {row.field: cast("Answer", row.answer) for row in rows}


def files_of(tx: Transaction, submission: Submission) -> set[UUID]:
    """Tell the documents that a form names, as it stands and as it was ever submitted."""
    definition = form_filled(tx, submission.form, submission.form_version)
    versions = tx.session.exec(
        select(SubmissionVersion.answers).where(SubmissionVersion.submission_id == submission.id)
    ).all()
    whole = [answers_of(tx, submission.id), *(cast("Answers", answers) for answers in versions)]
    return {file for answers in whole for file in files_in(definition, answers)}


def grant_access(tx: Transaction, found: Submission, account: UUID) -> None:
    """Let an account fill a form: the child is on their list, its documents can be opened.

    Only those that all may open who fill it already: naming a document opens none.
    """
    put_on_list(tx, found.person_id, account, through=found.id)
    files = files_of(tx, found)
    for writer in writers_and_readers(tx, found):
        if writer != account:
            files = readable_by(tx, writer, found.person_id, files)
    grant_read(tx, files, [account])


def grant_named_documents(
    tx: Transaction, found: Submission, changes: Mapping[str, Answer | None], account: UUID
) -> None:
    """Let who fills a form open what an account now names in it, of what it may open itself.

    What the form named before opens to nobody: somebody else may have put it there.
    """
    definition = form_filled(tx, found.form, found.form_version)
    answers = {field: answer for field, answer in changes.items() if answer is not None}
    if named := files_in(definition, answers):
        new = set(named).difference(files_in(definition, answers_of(tx, found.id)))
        grant_read(
            tx, readable_by(tx, account, found.person_id, new), writers_and_readers(tx, found)
        )


def revoke_access(tx: Transaction, gone: Submission, account: UUID) -> None:
    """Take from an account the child and the documents that only a form let it see."""
    remove_from_list(tx, gone, account)
    reduce_access(tx, gone.person_id, account)


def reduce_access(tx: Transaction, person: UUID, account: UUID) -> None:
    """Take from an account a child's documents that no form or publication opens to it now."""
    published = (
        select(Publication.document_id)
        .join(PublicationReader, col(PublicationReader.publication_id) == col(Publication.id))
        .where(PublicationReader.account_id == account)
    )
    kept = set(tx.session.exec(published))
    for form in tx.session.exec(select(Submission).where(Submission.person_id == person)).all():
        if account in writers_and_readers(tx, form):
            kept |= files_of(tx, form)
    revoke_read(tx, person, account, but=kept)


def remove_from_list(tx: Transaction, gone: Submission, account: UUID) -> None:
    """Take a child off the list of who had them by a form alone, and has nothing else of theirs."""
    listed = tx.session.get(ListedPerson, (account, gone.person_id))
    if listed is None or listed.through is None:
        return
    others = select(Submission).where(
        Submission.person_id == gone.person_id, Submission.id != gone.id
    )
    published = (
        select(PublicationReader)
        .join(Publication, col(Publication.id) == col(PublicationReader.publication_id))
        .join(Case, col(Case.id) == col(Publication.case_id))
        .where(PublicationReader.account_id == account, Case.person_id == gone.person_id)
    )
    if any(account in writers_and_readers(tx, other) for other in tx.session.exec(others).all()):
        return
    if tx.session.exec(published).first() is None:
        take_off_lists(tx, gone.person_id, [account])


def remove_unnamed(tx: Transaction, actor: Actor, person: UUID, ids: Iterable[UUID]) -> None:
    """Remove those documents of a child that no form names and that were never submitted."""
    for document in lock_documents(tx, unnamed(tx, person, ids)):
        if document.kept_at is None:
            delete_document(tx, actor, document)


def unnamed(
    tx: Transaction, person: UUID, ids: Iterable[UUID], *, but: Iterable[Submission] = ()
) -> set[UUID]:
    """Keep the ids of documents that no form of a child names, `but` for some that are to go."""
    gone = {form.id for form in but}
    forms = tx.session.exec(select(Submission).where(Submission.person_id == person)).all()
    return set(ids).difference(*(files_of(tx, form) for form in forms if form.id not in gone))
