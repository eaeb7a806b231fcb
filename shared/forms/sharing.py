"""Drafts shared with colleagues, and handed over to them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.values.lines import Shown


class Colleague(BaseModel):
    """A professional: a colleague of the same organisation, or a result of an officer's search."""

    account: UUID
    name: Shown
    role: Shown
    organisation: Shown
    email: str = ""


class Sharing(BaseModel):
    """With whom a draft is shared, with whom it could be, and who wrote what.

    `closed` says why nothing in it can be changed any more, and is empty where it can.
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
    """Something a person did with a draft: started, wrote, shared, handed over, submitted."""

    name: Shown
    words: str
    at: datetime


class HandOver(BaseModel):
    """Hand a draft over to a colleague, or reassign a form to another professional."""

    to: UUID
