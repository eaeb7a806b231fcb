"""Advice: the authority asks a professional for it, who gives it, alone or with colleagues."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

Reason = Annotated[str, Field(max_length=5000)]


class AdviceState(StrEnum):
    """How far advice that was asked for is; what is overdue is derived from the date."""

    REQUESTED = "requested"
    STARTED = "started"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


ADVICE_WORDS: dict[AdviceState, str] = {
    AdviceState.REQUESTED: "Asked for",
    AdviceState.STARTED: "Started",
    AdviceState.SUBMITTED: "Submitted",
    AdviceState.RETURNED: "Returned",
    AdviceState.ACCEPTED: "Accepted",
    AdviceState.CANCELLED: "No longer needed",
}

AWAITED = frozenset({AdviceState.REQUESTED, AdviceState.STARTED, AdviceState.RETURNED})
"""States in which the professional owes the advice."""


class AskAdvice(BaseModel):
    """Ask one professional for advice; ids are minted by the client, `due` replaces the form's."""

    id: UUID
    submission: UUID
    account: UUID
    form: str
    due: date | None = None


class AdviceRow(BaseModel):
    """Advice that was asked for, as the officer sees it."""

    id: UUID
    submission: UUID
    form: str
    title: str
    account: UUID
    by: str
    organisation: str
    state: AdviceState
    asked_on: date
    due: date
    due_words: str
    excused: str
    """The ground and the reason, where the deadline is excused."""


class Colleague(BaseModel):
    """Someone with an account: of the same organisation, or found by an officer."""

    account: UUID
    name: str
    role: str
    organisation: str
    email: str = ""


class Sharing(BaseModel):
    """With whom a draft is shared, with whom it could be, and who wrote what.

    `closed` says why nothing in it can be changed any more, and is empty where it can.
    """

    title: str
    person_name: str
    owner: str
    yours: bool
    advice: bool
    closed: str
    shared_with: list[Colleague]
    colleagues: list[Colleague]
    contributors: list["Contribution"]


class Contribution(BaseModel):
    """Something a person did with a draft: started, wrote, shared, handed over, submitted."""

    name: str
    words: str
    at: datetime


class HandOver(BaseModel):
    """Give a draft to a colleague, or reassign what lies with someone who has left."""

    to: UUID


class ReturnForm(BaseModel):
    """Return a submitted form with what is missing."""

    missing: Annotated[str, Field(min_length=1, max_length=5000)]
