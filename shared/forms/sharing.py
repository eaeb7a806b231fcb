"""Wire types of sharing and handing over drafts."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.values.lines import Shown


class Colleague(BaseModel):
    """A professional, as a colleague or as a result of an officer's search."""

    account: UUID
    name: Shown
    role: Shown
    organisation: Shown
    email: str = ""


class Sharing(BaseModel):
    """The shares of a draft, the colleagues it can be shared with, and its contributors.

    `closed` says why it can no longer be edited, or is empty.
    """

    title: str
    person_name: Shown
    owner: Shown
    yours: bool
    advice: bool
    closed: str
    shared_with: list[Colleague]
    colleagues: list[Colleague]
    contributors: list["Contribution"]


class Contribution(BaseModel):
    """An act of a person on a draft, such as starting, sharing or submitting it."""

    name: Shown
    words: str
    at: datetime


class HandOver(BaseModel):
    """Hand a draft over to a colleague, or reassign it to another professional."""

    to: UUID
