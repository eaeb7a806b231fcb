"""The audit log: who did what to which row, without content, written in the same transaction.

Entries are never changed, which the database enforces (migration 0017) and the seals show
(`server.core.seals`). A run of saves is one entry, with its counter in a table of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Index, insert, select, union
from sqlmodel import Field, SQLModel

from server.core.database import Transaction, table_of
from server.core.metrics import SIGN_INS


class Action(StrEnum):
    """The closed list of audited actions."""

    REGISTERED = "registered"
    ACTIVATED = "activated"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    CODE_SENT = "code_sent"
    CODE_VERIFIED = "code_verified"
    CODE_REFUSED = "code_refused"
    SIGNED_OUT = "signed_out"
    RESET_ASKED = "reset_asked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an action
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an action
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    SECOND_STEP_SET = "second_step_set"
    RECOVERY_CODE_USED = "recovery_code_used"
    ABOUT_CHANGED = "about_changed"
    WORK_DETAILS_ADDED = "work_details_added"
    WORK_DETAILS_CHANGED = "work_details_changed"
    WORK_DETAILS_REMOVED = "work_details_removed"
    MEMBERSHIP_CONFIRMED = "membership_confirmed"
    MEMBERSHIP_REFUSED = "membership_refused"
    MEMBERSHIP_ENDED = "membership_ended"
    ORGANISATION_ADDED = "organisation_added"
    ORGANISATION_CHANGED = "organisation_changed"
    ORGANISATIONS_IMPORTED = "organisations_imported"
    DOMAIN_ADDED = "domain_added"
    DOMAIN_REMOVED = "domain_removed"
    ACCOUNT_READ = "account_read"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACTIVATION_SENT = "activation_sent"
    SECOND_STEP_RESET = "second_step_reset"
    SESSIONS_ENDED = "sessions_ended"
    MAIL_SENT_AGAIN = "mail_sent_again"
    STAFF_ADDED = "staff_added"
    STAFF_RIGHT_GIVEN = "staff_right_given"
    STAFF_RIGHT_TAKEN = "staff_right_taken"
    ACCOUNT_UNLOCKED = "account_unlocked"
    SECRET_KEY_CHANGED = "secret_key_changed"  # noqa: S105 - the name of an action
    SSH_KEY_ADDED = "ssh_key_added"
    SSH_KEY_REMOVED = "ssh_key_removed"
    SSH_KEY_USED = "ssh_key_used"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    ROLE_CHANGED = "role_changed"
    PERSON_ADDED = "person_added"
    PERSON_IMPORTED = "person_imported"
    PERSON_READ = "person_read"
    PERSON_CHANGED = "person_changed"
    PERSON_CORRECTED = "person_corrected"
    PERSON_HIDDEN = "person_hidden"
    PERSON_SHOWN = "person_shown"
    PERSON_REMOVED = "person_removed"
    PERSON_MATCHED = "person_matched"
    PERSON_ALLOCATED = "person_allocated"
    ACCESS_ENDED = "access_ended"
    ACCESS_RESTORED = "access_restored"
    AUDIT_LOG_READ = "trail_read"
    AUDIT_LOG_EXPORTED = "audit_log_exported"
    CASE_OPENED = "case_opened"
    CASE_READ = "case_read"
    CASE_EVENT_ADDED = "case_event_added"
    CASE_EVENT_CORRECTED = "case_event_corrected"
    CASE_EVENT_UNDONE = "case_event_undone"
    CASE_TAKEN = "case_taken"
    CASE_GIVEN_UP = "case_given_up"
    CASE_ASSIGNED = "case_assigned"
    COVER_SET = "cover_set"
    COVER_ENDED = "cover_ended"
    ADVICE_CHASED = "advice_chased"
    EXEMPTION_ADDED = "exemption_added"
    EXEMPTION_REMOVED = "exemption_removed"
    NOTES_READ = "notes_read"
    NOTE_ADDED = "note_added"
    NOTE_CORRECTED = "note_corrected"
    NOTE_STRUCK = "note_struck"
    CALL_ADDED = "call_added"
    TASK_ADDED = "task_added"
    TASK_CHANGED = "task_changed"
    TASK_DONE = "task_done"
    TASK_REOPENED = "task_reopened"
    PANEL_ADDED = "panel_added"
    PANEL_CHANGED = "panel_changed"
    PANEL_CASE_ADDED = "panel_case_added"
    PANEL_CASE_REMOVED = "panel_case_removed"
    PANEL_CASE_DEFERRED = "panel_case_deferred"
    PANEL_CASE_DECIDED = "panel_case_decided"
    PANEL_MINUTES_CHANGED = "panel_minutes_changed"
    FORM_STARTED = "form_started"
    FORM_READ = "form_read"
    FORM_SAVED = "form_saved"
    FORM_SUBMITTED = "form_submitted"
    FORM_DISCARDED = "form_discarded"
    FORM_RETURNED = "form_returned"
    FORM_WITHDRAWN = "form_withdrawn"
    FORM_SHARED = "form_shared"
    FORM_SHARE_ENDED = "form_share_ended"
    FORM_HANDED_OVER = "form_handed_over"
    EDIT_REFUSED = "edit_refused"
    PHRASE_ADDED = "phrase_added"
    PHRASE_CHANGED = "phrase_changed"
    PHRASE_REMOVED = "phrase_removed"
    ADVICE_ASKED = "advice_asked"
    ADVICE_ACCEPTED = "advice_accepted"
    ADVICE_CANCELLED = "advice_cancelled"
    ADVICE_RECEIVED = "advice_received_on_paper"
    ADVICE_DOCUMENT_ADDED = "advice_document_added"
    ADVICE_KIND_CORRECTED = "advice_kind_corrected"
    ADVICE_CONTACTS_CORRECTED = "advice_contacts_corrected"
    ADVICE_RECEIPT_REMOVED = "advice_receipt_removed"
    REQUEST_CORRECTED = "request_corrected"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_READ = "document_read"
    DOCUMENT_REMOVED = "document_removed"
    DOCUMENT_PUBLISHED = "document_published"
    DOCUMENT_DETAILS_READ = "document_details_read"
    DOCUMENT_HELD = "document_held"
    DOCUMENT_WITHDRAWN = "document_withdrawn"
    DOCUMENT_FILED = "document_filed"
    PLACEMENT_READ = "placement_read"
    SETTING_CONSULTED = "setting_consulted"
    SETTING_CHASED = "setting_chased"
    SETTING_REPLIED = "setting_replied"
    FAMILY_REQUEST_RECORDED = "family_request_recorded"
    FAMILY_REQUEST_DECIDED = "family_request_decided"
    PLACEMENT_NAMED = "placement_named"
    SCHOOL_FOLLOWED = "school_followed_placement"
    SEN2_READ = "sen2_read"
    SEN2_CHANGED = "sen2_changed"
    SEN2_CHECKED = "sen2_checked"
    SEN2_EXPORTED = "sen2_exported"
    LETTER_READ = "letter_read"
    LETTERS_READ = "letters_read"
    LETTER_SAVED = "letter_saved"
    LETTER_MADE = "letter_made"
    LETTER_POSTED = "letter_posted"
    MESSAGE_READ = "message_read"
    SHARING_READ = "sharing_read"
    REMOVAL_CHECKED = "removal_checked"
    SHOWN_IN_LIST = "shown_in_list"
    SHOWN_IN_CASES = "shown_in_cases"
    CASES_SAVED = "cases_saved"
    TASKS_SAVED = "tasks_saved"
    PANELS_SAVED = "panels_saved"
    OFFICERS_SAVED = "officers_saved"
    MEMBERSHIPS_SAVED = "memberships_saved"
    STAFF_SAVED = "staff_saved"
    CONSULTATIONS_SAVED = "consultations_saved"
    SHOWN_IN_MESSAGES = "shown_in_messages"
    SHOWN_IN_SEARCH = "shown_in_search"
    SHOWN_ON_HOME = "shown_on_home"
    SHOWN_IN_TASKS = "shown_in_tasks"
    SHOWN_IN_DIARY = "shown_in_diary"
    SHOWN_IN_PANEL = "shown_in_panel"
    DIARY_SAVED = "diary_saved"
    AGENDA_SAVED = "agenda_saved"
    FIGURES_SAVED = "figures_saved"
    FIGURES_REPORTED = "figures_reported"
    RETENTION_APPLIED = "retention_applied"
    DRAFT_EXPIRED = "draft_expired"
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_EXPORTED = "account_exported"
    ACCOUNT_ERASED = "account_erased"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"


FILES = frozenset(
    {
        Action.CASES_SAVED,
        Action.TASKS_SAVED,
        Action.PANELS_SAVED,
        Action.OFFICERS_SAVED,
        Action.MEMBERSHIPS_SAVED,
        Action.STAFF_SAVED,
        Action.CONSULTATIONS_SAVED,
        Action.DIARY_SAVED,
        Action.AGENDA_SAVED,
    }
)
"""Actions that save a list as a file, each of which is recorded."""
LISTINGS = FILES | frozenset(
    {
        Action.SHOWN_IN_LIST,
        Action.SHOWN_IN_CASES,
        Action.SHOWN_IN_MESSAGES,
        Action.SHOWN_IN_SEARCH,
        Action.SHOWN_ON_HOME,
        Action.SHOWN_IN_TASKS,
        Action.SHOWN_IN_DIARY,
        Action.SHOWN_IN_PANEL,
        Action.SEN2_CHECKED,
        Action.SEN2_EXPORTED,
    }
)
"""Actions that show several children or accounts, which are in `AuditShown`."""
COUNTED = frozenset({Action.SIGNED_IN, Action.SIGN_IN_REFUSED, Action.CODE_REFUSED})
"""Actions that the metrics count, as outcomes of signing in."""


class AuditEvent(SQLModel, table=True):
    """One entry of the audit log."""

    __tablename__ = "audit_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    action: str
    account_id: UUID | None = Field(default=None, index=True)
    subject_id: UUID | None = Field(default=None, index=True)
    person_id: UUID | None = Field(default=None, index=True)
    to_account_id: UUID | None = None
    address: str = ""


class AuditShown(SQLModel, table=True):
    """A child, or an account, that a list or a search showed."""

    __tablename__ = "audit_shown"
    __table_args__ = (
        Index("ix_audit_shown_shown_id", "shown_id", "event_id"),
        {"sqlite_with_rowid": False},
    )

    event_id: int = Field(foreign_key="audit_event.id", primary_key=True)
    shown_id: UUID = Field(primary_key=True)


class SaveRun(SQLModel, table=True):
    """The number of saves that an audit entry stands for; its `at` is the time of the first."""

    __tablename__ = "save_run"

    event_id: int = Field(foreign_key="audit_event.id", primary_key=True)
    times: int = 1
    last_at: datetime


_AUDIT = table_of(AuditEvent)
_SHOWN = table_of(AuditShown)
_INSERT_EVENT = insert(_AUDIT).returning(_AUDIT.c.id)
_INSERT_SHOWN = insert(_SHOWN)


def record(
    tx: Transaction,
    action: Action,
    *,
    account: UUID | None = None,
    subject: UUID | None = None,
    person: UUID | None = None,
    to: UUID | None = None,
    address: str = "",
) -> None:
    """Add an entry to the audit log, in the transaction of the action.

    A read-only transaction adds it in a transaction of its own before the reply is sent.
    `subject` is the row acted upon, `person` the child whose record it belongs to, `to` the
    account whose access is granted or revoked.
    """
    values: dict[str, Any] = {
        "at": tx.now,
        "action": action,
        "account_id": account,
        "subject_id": subject,
        "person_id": person,
        "to_account_id": to,
        "address": address,
    }
    tx.audited.append(person)
    tx.write(partial(_add_event, values))


def _add_event(values: dict[str, Any], tx: Transaction) -> None:
    tx.session.add(AuditEvent(**values))
    if values["action"] in COUNTED:
        tx.after_commit.append(SIGN_INS.labels(values["action"]).inc)


def record_shown(
    tx: Transaction,
    action: Action,
    ids: Iterable[UUID | None],
    *,
    account: UUID | None,
    address: str,
) -> None:
    """Record the children, or accounts, that a list, a search or an export shows.

    Each of `FILES` is an entry, with all of them; for others, see `RecentlyShown`. `account` is
    None for a command.
    """
    recent, key = tx.services.recently_shown, (account, address, action)
    new = list(dict.fromkeys(id for id in ids if id is not None))
    if action not in FILES:
        new = recent.select_new(key, new, tx.now)
        if not new:
            return
    values = {"at": tx.now, "action": action, "account_id": account, "address": address}

    def add(writer: Transaction) -> None:
        # Without the session, this is half as long.
        event = writer.connection.execute(_INSERT_EVENT, values).scalar_one()
        if rows := [{"event_id": event, "shown_id": id} for id in new]:
            writer.connection.execute(_INSERT_SHOWN, rows)
        if action not in FILES:
            writer.after_commit.append(partial(recent.add, key, new, tx.now))

    tx.write(add)


def record_each(
    tx: Transaction,
    action: Action,
    subjects: Iterable[UUID],
    *,
    account: UUID,
    person: UUID,
    address: str,
) -> None:
    """Add an audit entry for each subject in one statement; see `record`."""
    entries = [
        AuditEvent(
            at=tx.now,
            action=action,
            account_id=account,
            subject_id=subject,
            person_id=person,
            address=address,
        ).model_dump(exclude={"id"})
        for subject in subjects
    ]
    tx.audited.append(person)
    tx.session.execute(insert(AuditEvent), entries)


def events_about(
    people: Sequence[UUID], cursor: int | None = None, limit: int | None = None
) -> CompoundSelect[int]:
    """Select the ids of entries about or showing a child, who may have several ids.

    With a limit the newest, and with a cursor those before it. Reads that many rows of two indexes.
    """
    sources = (
        (_AUDIT.c.id, _AUDIT.c.person_id.in_(people)),
        (_SHOWN.c.event_id, _SHOWN.c.shown_id.in_(people)),
    )
    queries = []
    for id, is_about in sources:
        query = select(id.label("id")).where(is_about)
        if cursor is not None:
            query = query.where(id < cursor)
        newest = query.order_by(id.desc()).limit(limit).subquery()
        queries.append(select(newest.c.id))
    return union(*queries)
