"""When requests that officers entered were received, and who entered and corrected them."""

from datetime import date
from typing import NamedTuple

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.database import Transaction
from server.forms.tables import RequestCorrection, Submission
from shared.accounts import Staff

AUTHORITY = "the Local Authority"


class Entry(NamedTuple):
    """How a version of a request was entered; a version that was submitted has none of it."""

    received_on: date | None = None
    entered_by: str = ""
    corrected_by: str = ""


class Entries(NamedTuple):
    """How the versions of a submission were entered."""

    submission: Submission
    entered_by: str
    corrections: dict[int, tuple[date, str]]
    """By the version that each led to: the day of receipt before it, and by whom it was."""

    def of(self, number: int) -> Entry:
        """Return how a version was entered."""
        received_on, _ = self.corrections.get(number + 1, (self.submission.received_on, ""))
        _, corrected_by = self.corrections.get(number, (None, ""))
        return Entry(received_on, self.entered_by, corrected_by)


def load_entries(tx: Transaction, actor: Actor, submission: Submission) -> Entries:
    """Return how the versions of a submission were entered; only officers see by whom."""
    if submission.received_on is None:
        return Entries(submission, "", {})
    rows = tx.session.execute(
        select(RequestCorrection, Account)
        .join(Account, col(Account.id) == col(RequestCorrection.account_id))
        .where(RequestCorrection.submission_id == submission.id)
    )
    is_officer = actor.staff is Staff.OFFICER
    corrections = {
        row.number: (row.received_on, account.name if is_officer else AUTHORITY)
        for row, account in rows
    }
    return Entries(submission, entered_by(tx, submission) if is_officer else AUTHORITY, corrections)


def entered_by(tx: Transaction, submission: Submission) -> str:
    """Return the name of the officer who entered a request, or '' if it is not known."""
    account = tx.session.get(Account, submission.saved_by) if submission.saved_by else None
    return account.name if account else ""
