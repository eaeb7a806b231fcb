"""Wire types of sharing and handing over drafts."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.values.lines import SafeLine


class Colleague(BaseModel):
    """A professional, as a colleague or as a result of an officer's search."""

    account: UUID
    name: SafeLine
    role: SafeLine
    organisation: SafeLine
    email: str = ""


class Sharing(BaseModel):
    """The shares of a draft, the colleagues it can be shared with, and its contributors.

    `closed` is the reason that it can no longer be edited, or ''; `confirmed` is False while the
    owner is not a confirmed member of any organisation, and so has no colleagues.
    """

    title: str
    person_name: SafeLine
    owner: SafeLine
    yours: bool
    advice: bool
    closed: str
    confirmed: bool = True
    shared_with: list[Colleague]
    colleagues: list[Colleague]
    contributors: list["Contribution"]


class Contribution(BaseModel):
    """A person's action on a draft, such as starting, sharing or submitting it."""

    name: SafeLine
    words: str
    at: datetime


class HandOver(BaseModel):
    """Hand a draft over to a colleague, or reassign it to another professional."""

    to: UUID
