"""Where an account's data is: each column with an account's id, and what erasure does with it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement
from sqlmodel import SQLModel, col, or_, select

from server.accounts.ssh_keys import SshKey
from server.accounts.tables import (
    Account,
    EmailChange,
    EmailCode,
    EmailedLink,
    ExternalIdentity,
    IdentityCheck,
    KnownDevice,
    RecoveryCode,
    Registration,
    StoredSession,
    WorkDetailsRow,
)
from server.cases.tables import (
    Case,
    CaseDocument,
    CaseEvent,
    Cover,
    EventCorrection,
    Exemption,
    Publication,
    PublicationReader,
)
from server.casework.tables import Note, Panel, PanelCase
from server.core.audit import AuditEvent
from server.core.database import table_of
from server.core.outbox import OutboxMail
from server.core.sent_ids import SentId
from server.desk.tables import CaseView, Task
from server.documents.tables import Document, DocumentReader
from server.forms.tables import (
    AdviceRequest,
    AdviceStepRow,
    PaperAdvice,
    PhraseRow,
    RequestCorrection,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
    SubmissionVersion,
)
from server.letters.tables import LetterDraftRow, LetterPosting, LetterRecord
from server.messages.tables import Message
from server.people.tables import (
    AccessEnd,
    ListedPerson,
    ListedWord,
    ListSize,
    Person,
    PersonCorrection,
)
from server.placements.tables import Consultation, FamilyRequest, Placement, Sen2Answer
from server.records.about_person import RowsByTable

DELETED_WITH_ACCOUNT: tuple[type[SQLModel], ...] = (
    EmailedLink,
    EmailChange,
    StoredSession,
    KnownDevice,
    SshKey,
    ExternalIdentity,
    RecoveryCode,
    IdentityCheck,
    WorkDetailsRow,
    PhraseRow,
    CaseView,
    Message,
    SubmissionShare,
    DocumentReader,
    ListedWord,
    ListedPerson,
    ListSize,
    SentId,
)
"""Tables whose rows with the account in `account_id` are deleted."""


def _columns(table: type[SQLModel], *names: str) -> tuple[Column[object], ...]:
    return tuple(table_of(table).c[name] for name in names)


_WORK = "shows who wrote or submitted what the law keeps"
_DECISION = "shows who decided in a case"
KEPT_COLUMNS: dict[tuple[type[SQLModel], tuple[str, ...]], str] = {
    (
        AuditEvent,
        (
            "account_id",
            "to_account_id",
        ),
    ): "shows who did what",
    (Document, ("account_id",)): _WORK,
    (
        Submission,
        (
            "account_id",
            "saved_by",
        ),
    ): _WORK,
    (SubmissionShare, ("shared_by",)): "shows who shared a colleague's form",
    (SubmissionVersion, ("account_id",)): _WORK,
    (StoredAnswer, ("account_id",)): _WORK,
    (StoredSave, ("account_id",)): "deleted a day later",
    (
        AdviceRequest,
        (
            "account_id",
            "asked_by",
        ),
    ): "shows who was asked for advice, by whom",
    (AdviceStepRow, ("account_id",)): "shows who chased or returned advice",
    (
        PaperAdvice,
        (
            "account_id",
            "document_by",
            "removed_by",
        ),
    ): "shows who recorded that advice came on paper",
    (RequestCorrection, ("account_id",)): "shows who corrected a request on paper",
    (Person, ("changed_by",)): "shows who changed a child's details",
    (PersonCorrection, ("account_id",)): "shows who corrected a child's details",
    (Case, ("officer_id",)): "cleared when a staff account is disabled",
    (CaseEvent, ("account_id", "removed_by")): _DECISION,
    (EventCorrection, ("account_id",)): _DECISION,
    (Cover, ("officer_id", "cover_id", "set_by")): "shows who worked on whose cases",
    (Exemption, ("account_id", "removed_by")): _DECISION,
    (
        Publication,
        (
            "account_id",
            "withdrawn_by",
        ),
    ): _DECISION,
    (CaseDocument, ("account_id",)): _DECISION,
    (Consultation, ("asked_by", "recorded_by", "edited_by")): _DECISION,
    (FamilyRequest, ("account_id", "decided_by", "edited_by")): _DECISION,
    (Placement, ("account_id", "edited_by")): _DECISION,
    (Sen2Answer, ("account_id",)): "shows who entered what the SEN2 return needs",
    (
        Note,
        (
            "account_id",
            "struck_by",
            "edited_by",
        ),
    ): "shows who wrote or struck a note of a case",
    (
        Task,
        (
            "officer_id",
            "created_by",
            "changed_by",
            "edited_by",
        ),
    ): "shows whose task it is, and who gave it or did it",
    (Panel, ("account_id", "edited_by")): "shows who arranged a panel",
    (
        PanelCase,
        (
            "added_by",
            "decided_by",
            "edited_by",
        ),
    ): _DECISION,
    (LetterDraftRow, ("account_id",)): _WORK,
    (LetterRecord, ("account_id",)): _DECISION,
    (LetterPosting, ("edited_by",)): _DECISION,
    (
        AccessEnd,
        (
            "account_id",
            "ended_by",
        ),
    ): "shows whose access to a child ended, by whom",
    (WorkDetailsRow, ("confirmed_by",)): "shows who confirmed a colleague's membership",
    (PublicationReader, ("account_id",)): "shows who received a published document",
    (IdentityCheck, ("by_id",)): "shows which member of staff checked an identity",
}
"""Columns that keep the account's id, of someone now named 'Former user', and the reason."""

SECRETS: set[Column[object]] = {
    *_columns(Account, "password_hash", "app_secret", "app_pending", "app_last_step"),
    *_columns(Registration, "password_hash", "body_digest"),
    *_columns(OutboxMail, "body"),
    *_columns(KnownDevice, "digest", "address_digest"),
    *(
        table_of(table).c.digest
        for table in (EmailedLink, EmailChange, StoredSession, EmailCode, RecoveryCode)
    ),
}
"""Columns that are never exported."""

NAMING_CHILDREN = (Message, ListedWord, ListedPerson, SentId)
"""Tables of the account that hold children's data."""


def own_rows(account: Account) -> RowsByTable:
    """Return the condition for the rows of each table about the account itself."""
    registrations = select(Registration.id).where(Registration.email == account.email)
    sessions = select(StoredSession.id).where(StoredSession.account_id == account.id)
    rows: RowsByTable = {
        EmailedLink: or_(
            col(EmailedLink.account_id) == account.id,
            col(EmailedLink.registration_id).in_(registrations),
        ),
        EmailCode: col(EmailCode.session_id).in_(sessions),
        Registration: col(Registration.email) == account.email,
        OutboxMail: col(OutboxMail.to) == account.email,
    }
    for table in DELETED_WITH_ACCOUNT:
        rows.setdefault(table, _is_account(table, account.id))
    return rows


def _is_account(table: type[SQLModel], account: UUID) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = table_of(table).c.account_id == account
    return condition


def kept_rows(account: UUID) -> Iterator[tuple[type[SQLModel], ColumnElement[bool]]]:
    """Yield the condition for the rows of each table that keep the account's id."""
    for table, names in KEPT_COLUMNS:
        yield table, or_(*(column == account for column in _columns(table, *names)))


def columns_to_export(table: type[SQLModel], *, own: bool) -> tuple[str, ...]:
    """Return the columns to give to an account's owner, of rows about it or that keep its id.

    Of rows that are not its own, or that hold children's data, these are ids and times.
    """
    columns = table_of(table).c
    if own and table not in NAMING_CHILDREN:
        return tuple(column.name for column in columns if column not in SECRETS)
    return tuple(column.name for column in columns if column.type.python_type in (UUID, datetime))
