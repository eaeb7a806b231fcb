"""The kinds of record that are deleted after a period, and how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.accounts.tables import (
    Account,
    EmailChange,
    EmailedLink,
    IdentityCheck,
    KnownDevice,
    ProviderSignIn,
    Registration,
    StoredSession,
)
from server.cases.tables import Case
from server.core.audit import Action, AuditEvent, record
from server.core.database import Transaction, table_of
from server.core.outbox import OutboxMail
from server.core.retention import RetentionPeriods
from server.core.seals import purge_before
from server.core.throttle import Tries
from server.desk.tables import Task
from server.documents.service import lock_documents
from server.documents.tables import Document
from server.forms.tables import Submission
from server.letters.tables import LetterDraftRow
from server.people.service import find_records
from server.people.tables import AccessEnd, ListedPerson, Person
from server.records.drafts import (
    announce_deletion,
    expire_drafts,
    find_unnamed_documents,
    select_drafts_to_announce,
    select_expired_drafts,
)
from server.records.erasing_person import (
    delete_documents,
    delete_everything,
    delete_rows,
    lock_records,
)
from shared.accounts import Staff
from shared.values.days import LONDON, london_day

Key = UUID | str
FEW = 10
"""Rows of a batch whose deletion takes several statements each."""
UNUSED_DAYS = 14
"""Days for which a file waits in an officer's dialog: one may stay open over a week away."""
LEAVING_LIST = (Action.PERSON_REMOVED, Action.ACCESS_ENDED, Action.FORM_DISCARDED)
"""Actions after which a child may be on no list, and be put back if that was a mistake."""


@dataclass(frozen=True)
class Kind:
    """A kind of record: which are due, by primary key, and how they are deleted."""

    name: str
    label: str
    period: Callable[[RetentionPeriods], str]
    due: Callable[[Transaction], SelectOfScalar[Any]]
    delete: Callable[[Transaction, Sequence[Any]], int]
    """Deletes the rows with these keys and returns their number."""
    batch: int = 100
    deletable: Callable[[Transaction, Sequence[Any]], Sequence[Any]] = lambda _, keys: keys
    """Narrows the keys of due rows, by what a query can't express."""


def _ago(tx: Transaction, days: int) -> datetime:
    return tx.now - timedelta(days=days)


def _due_sessions(tx: Transaction) -> SelectOfScalar[UUID]:
    days = tx.services.settings.retention.sign_in_days
    return select(StoredSession.id).where(StoredSession.ends_at <= _ago(tx, days))


def _due_links(tx: Transaction) -> SelectOfScalar[str]:
    days = tx.services.settings.retention.sign_in_days
    return select(EmailedLink.digest).where(EmailedLink.expires_at <= _ago(tx, days))


def _due_email_changes(tx: Transaction) -> SelectOfScalar[str]:
    days = tx.services.settings.retention.sign_in_days
    return select(EmailChange.digest).where(EmailChange.expires_at <= _ago(tx, days))


def _due_provider_sign_ins(tx: Transaction) -> SelectOfScalar[UUID]:
    return select(ProviderSignIn.id).where(ProviderSignIn.expires_at <= tx.now)


def _due_devices(tx: Transaction) -> SelectOfScalar[str]:
    days = tx.services.settings.retention.device_days
    return select(KnownDevice.digest).where(KnownDevice.last_used_at <= _ago(tx, days))


def _delete_devices(tx: Transaction, digests: Sequence[str]) -> int:
    before = _ago(tx, tx.services.settings.retention.device_days)
    is_due = col(KnownDevice.last_used_at) <= before
    return delete_rows(tx, KnownDevice, is_due & col(KnownDevice.digest).in_(digests))


def _due_tries(tx: Transaction) -> SelectOfScalar[str]:
    days = tx.services.settings.retention.sign_in_days
    return select(Tries.digest).where(Tries.last_at <= _ago(tx, days))


def _due_mails(tx: Transaction) -> SelectOfScalar[UUID]:
    before = _ago(tx, tx.services.settings.retention.mail_days)
    ended = or_(col(OutboxMail.sent_at) <= before, col(OutboxMail.given_up_at) <= before)
    return select(OutboxMail.id).where(ended)


def _due_registrations(tx: Transaction) -> SelectOfScalar[UUID]:
    last_step = func.coalesce(Registration.activated_at, Registration.sent_at)
    before = _ago(tx, tx.services.settings.retention.registration_days)
    return select(Registration.id).where(last_step <= before)


def _delete_registrations(tx: Transaction, ids: Sequence[UUID]) -> int:
    delete_rows(tx, EmailedLink, col(EmailedLink.registration_id).in_(ids))
    return delete_rows(tx, Registration, col(Registration.id).in_(ids))


def _due_identity_checks(tx: Transaction) -> SelectOfScalar[UUID]:
    before = tx.now - relativedelta(years=tx.services.settings.retention.identity_check_years)
    return select(IdentityCheck.id).where(IdentityCheck.at <= before)


def _due_tasks(tx: Transaction) -> SelectOfScalar[UUID]:
    before = _ago(tx, tx.services.settings.retention.task_days)
    return select(Task.id).where(
        col(Task.case_id).is_(None), col(Task.done), col(Task.changed_at) <= before
    )


def _due_documents(tx: Transaction) -> SelectOfScalar[UUID]:
    before = _ago(tx, tx.services.settings.retention.draft_days)
    return select(Document.id).where(
        col(Document.kept_at).is_(None), col(Document.uploaded_at) <= before
    )


def _due_officers_documents(tx: Transaction) -> SelectOfScalar[UUID]:
    """Select what officers uploaded in a dialog and then did not use: they have no drafts."""
    officers = select(Account.id).where(Account.staff == Staff.OFFICER)
    return select(Document.id).where(
        col(Document.kept_at).is_(None),
        col(Document.uploaded_at) <= _ago(tx, UNUSED_DAYS),
        col(Document.account_id).in_(officers),
    )


def _delete_documents(tx: Transaction, ids: Sequence[UUID]) -> int:
    for document in lock_documents(tx, ids):
        record(tx, Action.DOCUMENT_REMOVED, subject=document.id, person=document.person_id)
    return delete_documents(tx, col(Document.id).in_(ids))


def _due_letter_drafts(tx: Transaction) -> SelectOfScalar[UUID]:
    before = _ago(tx, tx.services.settings.retention.draft_days)
    return select(LetterDraftRow.case_id).where(LetterDraftRow.saved_at <= before)


def _delete_letter_drafts(tx: Transaction, cases: Sequence[UUID]) -> int:
    before = _ago(tx, tx.services.settings.retention.draft_days)
    is_due = col(LetterDraftRow.saved_at) <= before
    return delete_rows(tx, LetterDraftRow, is_due & col(LetterDraftRow.case_id).in_(cases))


def _due_unused_people(tx: Transaction) -> SelectOfScalar[UUID]:
    merged = aliased(Person)
    used = [
        exists().where(col(table.person_id) == col(Person.id))
        for table in (ListedPerson, Submission, Case, Document)
    ]
    since = _ago(tx, tx.services.settings.retention.draft_days)
    left_list = exists().where(
        col(AuditEvent.person_id) == col(Person.id),
        col(AuditEvent.action).in_(LEAVING_LIST),
        col(AuditEvent.at) > since,
    )
    # Without the child, nothing would keep the account from getting access again.
    access_ended = exists().where(
        col(AccessEnd.person_id) == col(Person.id), col(AccessEnd.lifted_at).is_(None)
    )
    return select(Person.id).where(
        Person.changed_at <= since,
        ~left_list,
        ~access_ended,
        col(Person.merged_into).is_(None),
        ~exists().where(col(merged.merged_into) == col(Person.id)),
        *(~condition for condition in used),
    )


def _due_people(tx: Transaction) -> SelectOfScalar[UUID]:
    age = relativedelta(years=tx.services.settings.retention.child_age_years)
    return select(Person.id).where(
        col(Person.born) <= london_day(tx.now) - age, col(Person.merged_into).is_(None)
    )


def _delete_people(tx: Transaction, ids: Sequence[UUID]) -> int:
    for id in ids:
        people = [person.id for person in find_records(tx, id)]
        lock_records(tx, people)
        delete_everything(tx, people)
    return len(ids)


def _audit_day(tx: Transaction) -> date:
    """Return the first day whose audit entries are kept."""
    return london_day(tx.now) - relativedelta(years=tx.services.settings.retention.audit_years)


def _due_audit_entries(tx: Transaction) -> SelectOfScalar[Any]:
    start = datetime.combine(_audit_day(tx), time(), LONDON)
    query = select(AuditEvent.id).where(AuditEvent.at < start)
    if tx.connection.dialect.name == "postgresql":
        # The server's own role may not delete entries; the command is run as their owner.
        query = query.where(func.has_table_privilege(AuditEvent.__tablename__, "DELETE"))
    return query


def _delete_audit_entries(tx: Transaction, keys: Sequence[Any]) -> int:
    return purge_before(tx, _audit_day(tx))


def _delete_from(table: type[SQLModel], tx: Transaction, keys: Sequence[Key]) -> int:
    [key] = table_of(table).primary_key
    condition: ColumnElement[bool] = key.in_(keys)
    return delete_rows(tx, table, condition)


def _days(name: str) -> Callable[[RetentionPeriods], str]:
    return lambda periods: f"{getattr(periods, name)} days"


KINDS = (
    Kind(
        "sessions",
        "Sessions and their email codes, after their end",
        _days("sign_in_days"),
        _due_sessions,
        partial(_delete_from, StoredSession),
    ),
    Kind(
        "links",
        "Emailed links, after they expire",
        _days("sign_in_days"),
        _due_links,
        partial(_delete_from, EmailedLink),
    ),
    Kind(
        "attempts",
        "Counts of failed attempts, after the last",
        _days("sign_in_days"),
        _due_tries,
        partial(_delete_from, Tries),
    ),
    Kind(
        "emails",
        "Emails, after they were sent or given up on",
        _days("mail_days"),
        _due_mails,
        partial(_delete_from, OutboxMail),
    ),
    Kind(
        "registrations",
        "Registrations, after their last email or their activation",
        _days("registration_days"),
        _due_registrations,
        _delete_registrations,
    ),
    Kind(
        "draft_notices",
        "Notices to those who fill a draft, before its deletion",
        _days("draft_notice_days"),
        select_drafts_to_announce,
        announce_deletion,
        FEW,
    ),
    Kind(
        "drafts",
        "Drafts that were never submitted, after the last change",
        _days("draft_days"),
        select_expired_drafts,
        expire_drafts,
        FEW,
    ),
    Kind(
        "documents",
        "Documents that no form names, after they were uploaded",
        _days("draft_days"),
        _due_documents,
        _delete_documents,
        FEW,
        find_unnamed_documents,
    ),
    Kind(
        "officers_documents",
        "Documents that an officer uploaded and did not use",
        lambda _: f"{UNUSED_DAYS} days",
        _due_officers_documents,
        _delete_documents,
        FEW,
        find_unnamed_documents,
    ),
    Kind(
        "letter_drafts",
        "Drafts of letters that were never made, after the last change",
        _days("draft_days"),
        _due_letter_drafts,
        _delete_letter_drafts,
    ),
    Kind(
        "unused_children",
        "Children on no list, without a form, document or case, after the last change or list",
        _days("draft_days"),
        _due_unused_people,
        _delete_people,
        FEW,
    ),
    Kind(
        "email_changes",
        "Changes of an email address that were not confirmed, after their end",
        _days("sign_in_days"),
        _due_email_changes,
        partial(_delete_from, EmailChange),
    ),
    Kind(
        "provider_sign_ins",
        "Sign-ins by a provider that were not completed",
        lambda _: "until they expire",
        _due_provider_sign_ins,
        partial(_delete_from, ProviderSignIn),
    ),
    Kind(
        "devices",
        "Devices that signed in, after the last time",
        _days("device_days"),
        _due_devices,
        _delete_devices,
    ),
    Kind(
        "tasks",
        "Tasks without a case, after they were done",
        _days("task_days"),
        _due_tasks,
        partial(_delete_from, Task),
    ),
    Kind(
        "identity_checks",
        "Identity checks",
        lambda periods: f"{periods.identity_check_years} years",
        _due_identity_checks,
        partial(_delete_from, IdentityCheck),
    ),
    Kind(
        "children",
        "Children with their cases, events, forms, documents and messages",
        lambda periods: f"until birthday {periods.child_age_years}",
        _due_people,
        _delete_people,
        1,
    ),
    Kind(
        "audit",
        "Entries of the audit log",
        lambda periods: f"{periods.audit_years} years",
        _due_audit_entries,
        _delete_audit_entries,
    ),
)
