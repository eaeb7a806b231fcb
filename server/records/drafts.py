"""Drafts that were never submitted: their owner is told, and later they are deleted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.core.audit import Action, record
from server.core.database import Transaction
from server.desk.tables import Reminder
from server.documents.tables import Document
from server.forms.access import accounts_with_access, files_of, find_unreferenced, revoke_access
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest, Submission
from server.messages.service import send_message
from server.people.service import filter_listed
from server.people.tables import Person
from server.records.erasing_person import delete_documents, delete_draft
from shared.places import PlaceKind
from shared.values.days import format_day, london_day

NOTICE = "draft_deletion"
"""The `clock` of a reminder that tells the owner of a draft of its deletion."""


def _unchanged_drafts(tx: Transaction, days: int) -> SelectOfScalar[UUID]:
    """Select drafts unchanged for some days, except advice, which belongs to its case."""
    advice = exists().where(col(AdviceRequest.submission_id) == col(Submission.id))
    return select(Submission.id).where(
        col(Submission.submitted_at).is_(None),
        col(Submission.account_id).is_not(None),
        col(Submission.saved_at) <= tx.now - timedelta(days=days),
        ~advice,
    )


def _is_told(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the owner was told since the last change of a draft."""
    return exists().where(
        col(Reminder.subject_id) == col(Submission.id),
        col(Reminder.clock) == NOTICE,
        col(Reminder.at) > col(Submission.saved_at),
        *conditions,
    )


def select_drafts_to_announce(tx: Transaction) -> SelectOfScalar[UUID]:
    """Select drafts whose deletion is near and whose owner is not told yet."""
    periods = tx.services.settings.retention
    days = max(0, periods.draft_days - periods.draft_notice_days)
    return _unchanged_drafts(tx, days).where(~_is_told())


def select_expired_drafts(tx: Transaction) -> SelectOfScalar[UUID]:
    """Select drafts to delete: their owner was told long enough ago."""
    periods = tx.services.settings.retention
    notice = timedelta(days=periods.draft_notice_days)
    return _unchanged_drafts(tx, periods.draft_days).where(
        _is_told(col(Reminder.at) <= tx.now - notice)
    )


def announce_deletion(tx: Transaction, ids: Sequence[UUID]) -> int:
    """Tell everyone who fills these drafts, and may see the child, when they will be deleted."""
    periods = tx.services.settings.retention
    for id in ids:
        form = tx.session.get_one(Submission, id)
        deleted_at = max(
            form.saved_at + timedelta(days=periods.draft_days),
            tx.now + timedelta(days=periods.draft_notice_days),
        )
        due = london_day(deleted_at)
        days = periods.draft_notice_days
        tx.session.add(Reminder(subject_id=id, clock=NOTICE, due=due, days=days, at=tx.now))
        person = tx.session.get_one(Person, form.person_id)
        title = pinned_form(tx, form.form, form.form_version).title
        for account in filter_listed(tx, form.person_id, accounts_with_access(tx, form)):
            send_message(
                tx,
                to_account=account,
                subject="A draft will be deleted",
                body=(
                    f"{title} for {person.name} was never submitted. It was last changed on "
                    f"{format_day(london_day(form.saved_at))}. It will be deleted on "
                    f"{format_day(due)}, unless someone changes it before then."
                ),
                person=form.person_id,
                place=PlaceKind.FORM.of(form.id),
                place_label=title,
            )
    return len(ids)


def expire_drafts(tx: Transaction, ids: Sequence[UUID]) -> int:
    """Delete drafts, and the documents that only they name."""
    for id in ids:
        form = tx.session.get_one(Submission, id)
        accounts, files = accounts_with_access(tx, form), files_of(tx, form)
        record(tx, Action.DRAFT_EXPIRED, subject=id, person=form.person_id)
        delete_draft(tx, id)
        for account in accounts:
            revoke_access(tx, form, account)
        unnamed = find_unreferenced(tx, form.person_id, files)
        delete_documents(tx, col(Document.id).in_(unnamed) & col(Document.kept_at).is_(None))
    return len(ids)


def find_unnamed_documents(tx: Transaction, ids: Iterable[UUID]) -> list[UUID]:
    """Return the documents that no form names."""
    query = select(Document.person_id, Document.id).where(col(Document.id).in_(list(ids)))
    by_person: dict[UUID, list[UUID]] = defaultdict(list)
    for person, document in tx.session.exec(query):
        by_person[person].append(document)
    return [
        document
        for person, documents in by_person.items()
        for document in find_unreferenced(tx, person, documents)
    ]
