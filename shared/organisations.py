"""Wire types of organisations and of membership in them."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from shared.values.lines import SafeLine

MIN_SEARCH_LENGTH = 3
"""Shorter texts find nothing, because they would find nearly everything."""


class Confirmation(StrEnum):
    """How a membership was confirmed."""

    DOMAIN = "domain"
    COLLEAGUE = "colleague"
    OFFICER = "officer"


class OrganisationRow(BaseModel):
    """An organisation of the public list."""

    id: UUID
    name: SafeLine
    address: SafeLine
    postcode: SafeLine


class MembershipRequest(BaseModel):
    """A professional who says that they work at an organisation, to be confirmed or refused."""

    id: UUID
    version: int
    name: SafeLine
    email: str
    role: SafeLine
    organisation: SafeLine
    address: SafeLine
    postcode: SafeLine
    listed: OrganisationRow | None
    """The organisation of the list, or None for a name that is only typed."""


class MembershipRequests(BaseModel):
    """The oldest memberships to be confirmed, and the number of all."""

    rows: list[MembershipRequest]
    total: int


class ConfirmIn(BaseModel):
    """Confirm a membership, of another organisation than the chosen one if `organisation` is set.

    Without either, the organisation is listed under the name that was typed. `version` is that of
    the work details that were shown.
    """

    version: int
    organisation: UUID | None = None
