"""Helpers for organisations and memberships over HTTP."""

import asyncio
from typing import Any
from uuid import UUID

from server.accounts.tables import OrganisationDomain, WorkDetailsRow
from server.core.database import Services
from server.organisations.notices import announce_memberships
from tests.parts import Someone, find_or_add_organisation
from tests.server.steps import add_child, ok, start, submission_path

SCHOOL = "Osierbeck Academy"


def add_organisation(services: Services, name: str = SCHOOL, *domains: str, **details: Any) -> UUID:
    """Add an organisation with its domains to the list and return its id."""
    with services.transaction() as tx:
        organisation = find_or_add_organisation(tx, name)
        organisation.sqlmodel_update(details)
        for domain in domains:
            tx.session.add(OrganisationDomain(organisation_id=organisation.id, domain=domain))
        return organisation.id


def to_confirm(me: Someone) -> list[dict[str, Any]]:
    """List the memberships that a professional can confirm."""
    page = ok(me.get("/v1/account/colleagues")).json()
    assert page["total"] == len(page["rows"])
    rows: list[dict[str, Any]] = page["rows"]
    return rows


def colleague_emails(me: Someone) -> list[str]:
    """List the emails in a professional's share picker."""
    people = ok(me.get("/v1/people")).json()["rows"]
    person = UUID(people[0]["id"]) if people else add_child(me)
    sharing = ok(me.get(f"{submission_path(start(me, person))}/sharing")).json()
    return [colleague["email"] for colleague in sharing["colleagues"]]


def membership_of(services: Services, work: UUID | None) -> WorkDetailsRow:
    """Return the stored work details."""
    with services.transaction() as tx:
        return tx.session.get_one(WorkDetailsRow, work)


def announce(services: Services) -> None:
    """Announce new memberships, as the server does every minute."""
    asyncio.run(announce_memberships(services))
