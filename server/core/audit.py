"""The audit: who did what to what, in the same transaction, without content.

Lines are only added; one that tells of a spell of saving counts on while the spell lasts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Field, SQLModel

from server.core.database import Transaction, table_of


class Action(StrEnum):
    """The closed list of what the audit can tell."""

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
    PERSON_ADDED = "person_added"
    PERSON_READ = "person_read"
    PERSON_CHANGED = "person_changed"
    PERSON_HIDDEN = "person_hidden"
    PERSON_SHOWN = "person_shown"
    PERSON_REMOVED = "person_removed"
    PERSON_MATCHED = "person_matched"
    PERSON_ALLOCATED = "person_allocated"
    TRAIL_READ = "trail_read"
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
    ADVICE_ASKED = "advice_asked"
    ADVICE_ACCEPTED = "advice_accepted"
    ADVICE_CANCELLED = "advice_cancelled"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_READ = "document_read"
    DOCUMENT_REMOVED = "document_removed"
    DOCUMENT_PUBLISHED = "document_published"
    MESSAGE_READ = "message_read"


class AuditEvent(SQLModel, table=True):
    """One line of the audit."""

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
    """How often, of a spell of saving; `at` is its first."""
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
    """Add a line to the audit, in the transaction of what it tells of.

    `subject` is the row acted upon, `person` the child whose record it belongs to, `to` the
    account that is let in by it, or let out.
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
    """Add a line to the audit for each subject, as `record` does, in one statement."""
    lines = [
        AuditEvent(
            at=tx.now, action=action, account_id=account, subject_id=subject, person_id=person,
            address=address,
        ).model_dump(exclude={"id"})
        for subject in subjects
    ]  # fmt: skip
    tx.session.execute(insert(AuditEvent), lines)


SPELL = timedelta(minutes=30)
"""A longer pause between two saves begins a new spell."""

_AUDIT = table_of(AuditEvent)
_LAST = (
    select(func.max(_AUDIT.c.id))
    .where(_AUDIT.c.subject_id == bindparam("form"), _AUDIT.c.account_id == bindparam("account"))
    .scalar_subquery()
)
_GO_ON = (
    update(_AUDIT)
    .where(
        _AUDIT.c.id == _LAST,
        _AUDIT.c.action == Action.FORM_SAVED.value,
        _AUDIT.c.address == bindparam("from_address"),
        _AUDIT.c.last_at > bindparam("since"),
    )
    .values(times=_AUDIT.c.times + 1, last_at=bindparam("now"))
)


def record_save(tx: Transaction, *, account: UUID, form: UUID, person: UUID, address: str) -> None:
    """Add a save to the audit: one line for each spell in which somebody edits a form.

    A spell ends with a pause, another address, or anything else that they do with the form.
    """
    spell = {"form": form, "account": account, "from_address": address}
    times = {"since": tx.now - SPELL, "now": tx.now}
    if tx.connection.execute(_GO_ON, {**spell, **times}).rowcount == 0:
        tx.session.add(
            AuditEvent(
                at=tx.now, last_at=tx.now, action=Action.FORM_SAVED, account_id=account,
                subject_id=form, person_id=person, address=address,
            )
        )  # fmt: skip
