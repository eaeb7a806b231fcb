"""The audit: who did what to what, in the same transaction, append-only, without content."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from server.core.database import Transaction


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
    ACCOUNT_UNLOCKED = "account_unlocked"
    PERSON_ADDED = "person_added"
    PERSON_READ = "person_read"
    PERSON_CHANGED = "person_changed"
    PERSON_HIDDEN = "person_hidden"
    PERSON_SHOWN = "person_shown"
    PERSON_REMOVED = "person_removed"
    CASE_OPENED = "case_opened"
    FORM_STARTED = "form_started"
    FORM_READ = "form_read"
    FORM_SAVED = "form_saved"
    FORM_SUBMITTED = "form_submitted"
    FORM_DISCARDED = "form_discarded"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_READ = "document_read"
    DOCUMENT_REMOVED = "document_removed"
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
    address: str = ""


def record(
    tx: Transaction,
    action: Action,
    *,
    account: UUID | None = None,
    subject: UUID | None = None,
    person: UUID | None = None,
    address: str = "",
) -> None:
    """Add a line to the audit, in the transaction of what it tells of.

    `subject` is the row acted upon, `person` the child whose record it belongs to.
    """
    tx.session.add(
        AuditEvent(
            at=tx.now,
            action=action,
            account_id=account,
            subject_id=subject,
            person_id=person,
            address=address,
        )
    )
