"""The audit log: who did what to which row, without content, written in the same transaction.

Entries are append-only, except that a run of saves is one entry with a counter.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Field, SQLModel

from server.core.database import Transaction, table_of


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
    SECOND_STEP_SET = "second_step_set"
    RECOVERY_CODE_USED = "recovery_code_used"
    ABOUT_CHANGED = "about_changed"
    WORK_DETAILS_ADDED = "work_details_added"
    WORK_DETAILS_CHANGED = "work_details_changed"
    WORK_DETAILS_REMOVED = "work_details_removed"
    ACCOUNT_READ = "account_read"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACTIVATION_SENT = "activation_sent"
    SECOND_STEP_RESET = "second_step_reset"
    SESSIONS_ENDED = "sessions_ended"
    MAIL_SENT_AGAIN = "mail_sent_again"
    STAFF_ADDED = "staff_added"
    ACCOUNT_UNLOCKED = "account_unlocked"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    ROLE_CHANGED = "role_changed"
    PERSON_ADDED = "person_added"
    PERSON_READ = "person_read"
    PERSON_CHANGED = "person_changed"
    PERSON_HIDDEN = "person_hidden"
    PERSON_SHOWN = "person_shown"
    PERSON_REMOVED = "person_removed"
    PERSON_MATCHED = "person_matched"
    PERSON_ALLOCATED = "person_allocated"
    AUDIT_LOG_READ = "trail_read"
    CASE_OPENED = "case_opened"
    CASE_READ = "case_read"
    CASE_EVENT_ADDED = "case_event_added"
    CASE_TAKEN = "case_taken"
    CASE_GIVEN_UP = "case_given_up"
    EXEMPTION_ADDED = "exemption_added"
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
    PHRASE_ADDED = "phrase_added"
    PHRASE_CHANGED = "phrase_changed"
    PHRASE_REMOVED = "phrase_removed"
    ADVICE_ASKED = "advice_asked"
    ADVICE_ACCEPTED = "advice_accepted"
    ADVICE_CANCELLED = "advice_cancelled"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_READ = "document_read"
    DOCUMENT_REMOVED = "document_removed"
    DOCUMENT_PUBLISHED = "document_published"
    MESSAGE_READ = "message_read"


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
    times: int = 1
    """Number of saves in a run of saves; `at` is the time of the first."""
    last_at: datetime | None = None


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

    `subject` is the row acted upon, `person` the child whose record it belongs to, `to` the
    account whose access is granted or revoked.
    """
    tx.session.add(
        AuditEvent(
            at=tx.now,
            action=action,
            account_id=account,
            subject_id=subject,
            person_id=person,
            to_account_id=to,
            address=address,
        )
    )


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
    tx.session.execute(insert(AuditEvent), entries)


SAVE_RUN_GAP = timedelta(minutes=30)
"""A longer pause between two saves starts a new run."""

_AUDIT = table_of(AuditEvent)
_LAST_ENTRY = (
    select(func.max(_AUDIT.c.id))
    .where(_AUDIT.c.subject_id == bindparam("form"), _AUDIT.c.account_id == bindparam("account"))
    .scalar_subquery()
)
_COUNT_SAVE = (
    update(_AUDIT)
    .where(
        _AUDIT.c.id == _LAST_ENTRY,
        _AUDIT.c.action == Action.FORM_SAVED.value,
        _AUDIT.c.address == bindparam("from_address"),
        _AUDIT.c.last_at > bindparam("since"),
    )
    .values(times=_AUDIT.c.times + 1, last_at=bindparam("now"))
)


def record_save(tx: Transaction, *, account: UUID, form: UUID, person: UUID, address: str) -> None:
    """Record a save in the audit log, with one entry per run of saves of a form.

    A run ends with a pause, a new IP address, or any other action of the account on the form.
    """
    run = {"form": form, "account": account, "from_address": address}
    times = {"since": tx.now - SAVE_RUN_GAP, "now": tx.now}
    if tx.connection.execute(_COUNT_SAVE, {**run, **times}).rowcount == 0:
        tx.session.add(
            AuditEvent(
                at=tx.now,
                last_at=tx.now,
                action=Action.FORM_SAVED,
                account_id=account,
                subject_id=form,
                person_id=person,
                address=address,
            )
        )
