"""Erasing an account: its details and belongings, but not what the law keeps of its work."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, or_, select

from server.accounts.tables import Account
from server.core.audit import Action, AuditEvent, record
from server.core.database import Transaction
from server.documents.tables import Document
from server.forms.tables import Submission, SubmissionShare, SubmissionVersion
from server.messages.tables import Message
from server.records.about_account import own_rows
from server.records.drafts import find_unnamed_documents
from server.records.erasing_person import delete_documents, delete_draft, delete_rows, is_draft
from server.records.tables import Erasure
from server.support.service import reset_throttle
from shared.accounts import SecondStep

FORMER = {"title": "", "first_name": "Former", "last_name": "user", "phone": ""}
FORMER_NAME = "Former user"


def erase_account(tx: Transaction, account: Account, reason: str, password_hash: str) -> Erasure:
    """Erase a disabled account and audit it; `password_hash` is of a password nobody knows.

    What it submitted stays under its id, as does a draft that a colleague also fills.
    """
    counts: Counter[str] = Counter()
    _rename_in_texts(tx, account)
    reset_throttle(tx, account.email, account)
    counts["submission"] = _delete_drafts(tx, account.id)
    counts["document"] = _delete_unsubmitted(tx, account.id)
    for table, condition in own_rows(account).items():
        counts[str(table.__tablename__)] += delete_rows(tx, table, condition)
    account.sqlmodel_update(FORMER)
    account.email = f"former-{account.id}@portal.invalid"
    account.password_hash = password_hash
    account.second_step = SecondStep.NONE
    account.app_secret = account.app_pending = None
    tx.session.add(account)
    erasure = Erasure(
        subject_id=account.id,
        at=tx.now,
        reason=reason,
        counts={name: count for name, count in counts.items() if count},
    )
    tx.session.add(erasure)
    record(tx, Action.ACCOUNT_ERASED, account=account.id, subject=erasure.id)
    return erasure


def _rename_in_texts(tx: Transaction, account: Account) -> None:
    """Replace the name where it was copied: in submitted versions, and in others' messages."""
    version = col(SubmissionVersion.account_id) == account.id
    tx.session.execute(update(SubmissionVersion).where(version).values(submitted_by=FORMER_NAME))
    touched = or_(
        col(AuditEvent.account_id) == account.id, col(AuditEvent.to_account_id) == account.id
    )
    forms = select(AuditEvent.subject_id).where(touched)
    named = select(SubmissionVersion).where(
        col(SubmissionVersion.submission_id).in_(forms),
        col(SubmissionVersion.written_by).is_not(None),
    )
    for row in tx.session.exec(named):
        row.written_by = {
            field: FORMER_NAME if name == account.name else name
            for field, name in (row.written_by or {}).items()
        }
        tx.session.add(row)
    children = select(AuditEvent.person_id).where(touched)
    texts = {"subject": col(Message.subject), "body": col(Message.body)}
    names_account = (text.contains(account.name, autoescape=True) for text in texts.values())
    tx.session.execute(
        update(Message)
        .where(col(Message.person_id).in_(children), or_(*names_account))
        .values(
            {name: func.replace(text, account.name, FORMER_NAME) for name, text in texts.items()}
        )
    )


def _delete_drafts(tx: Transaction, account: UUID) -> int:
    shared = select(SubmissionShare.submission_id)
    own = select(Submission).where(
        Submission.account_id == account, col(Submission.id).not_in(shared)
    )
    drafts = [form for form in tx.session.exec(own.with_for_update()) if is_draft(tx, form)]
    for form in drafts:
        delete_draft(tx, form.id)
    return len(drafts)


def _delete_unsubmitted(tx: Transaction, account: UUID) -> int:
    """Delete the account's documents that were never submitted and that no form names."""
    unsubmitted = select(Document.id).where(
        Document.account_id == account, col(Document.kept_at).is_(None)
    )
    unnamed = find_unnamed_documents(tx, tx.session.exec(unsubmitted))
    return delete_documents(tx, col(Document.id).in_(unnamed))
