"""Wire types of the support desk: accounts and unsent mail."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts import Email, Line, SecondStep, Staff
from shared.health import State
from shared.values.lines import SafeLine, SafeLinesModel


class AccountState(StrEnum):
    """The state of an account."""

    NOT_ACTIVATED = "not_activated"
    ACTIVE = "active"
    DISABLED = "disabled"


STATE_LABELS: dict[AccountState, str] = {
    AccountState.NOT_ACTIVATED: "Not activated yet",
    AccountState.ACTIVE: "Active",
    AccountState.DISABLED: "Disabled",
}
STATE_SIGNS: dict[AccountState, str] = {
    AccountState.NOT_ACTIVATED: "◐",
    AccountState.ACTIVE: "✓",
    AccountState.DISABLED: "✗",
}
"""The sign before the label of a state."""


class AccountRow(BaseModel):
    """One search result: an account, or a registration that is not activated yet."""

    id: UUID
    email: str
    name: SafeLine
    state: AccountState


class AccountEvent(BaseModel):
    """An event of the account itself; never about a child.

    `by` is the member of staff who did it, or '' for its owner and for the server's commands.
    `reason` is the recorded identity check, or ''.
    """

    at: datetime
    words: str
    address: str
    by: SafeLine = ""
    reason: SafeLine = ""


class Workplace(SafeLinesModel):
    """Where a professional works, with the numbers to call them back on."""

    role: str
    organisation: str
    work_phone: str
    mobile: str


class AccountDetails(AccountRow):
    """An account as support sees it."""

    second_step: SecondStep
    phone: SafeLine = ""
    work: list[Workplace] = []
    waiting: bool
    """Whether anything that Unlock resets is throttled after failed attempts."""
    sessions: int
    last_signed_in: datetime | None
    events: list[AccountEvent]


class IdentityCheckIn(BaseModel):
    """How support verified the user's identity before resetting the second step."""

    how: Annotated[str, Field(min_length=10, max_length=1000)]


class ScanningOut(BaseModel):
    """Whether documents are scanned for viruses, and how many wait or are held."""

    scanner: State
    """OK if the antivirus answers, UNKNOWN if the settings accept unscanned documents instead."""
    accepts_unscanned: bool
    waiting: int
    """Documents that nobody scanned yet."""
    held: int


class UnsentMail(BaseModel):
    """An email that could not be sent, without its body."""

    id: UUID
    to: str
    subject: str
    created_at: datetime
    attempts: int
    given_up: bool


class StaffRow(BaseModel):
    """A staff account; `may_manage` is the right to manage the others."""

    id: UUID
    email: str
    name: SafeLine
    staff: Staff
    may_manage: bool
    disabled: bool
    you: bool


class StaffIn(BaseModel):
    """A staff account to create; one that exists gets a new link, and is enabled again."""

    email: Email
    staff: Staff
    first_name: Line
    last_name: Line
    phone: Line
