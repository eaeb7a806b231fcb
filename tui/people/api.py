"""Requests about the children on the user's list."""

from __future__ import annotations

from uuid import UUID

from shared.people import PeoplePage, PeopleQuery, PersonIn, PersonNew, PersonOut, Removal
from tui.core.client import Client


async def list_people(client: Client, query: PeopleQuery) -> PeoplePage:
    """Read a page of the list."""
    return await client.request("GET", "/v1/people", PeoplePage, params=query)


async def read_person(client: Client, person: UUID) -> PersonOut:
    """Read a person, with the version to base an edit on."""
    return await client.request("GET", f"/v1/people/{person}", PersonOut)


async def add_person(client: Client, person: PersonNew) -> PersonOut:
    """Add a person; safe to repeat with the same id."""
    return await client.request("POST", "/v1/people", PersonOut, body=person, repeatable=True)


async def change_person(client: Client, person: UUID, version: int, details: PersonIn) -> PersonOut:
    """Change a person; raises Refused STALE if `version` is outdated."""
    return await client.request(
        "PUT", f"/v1/people/{person}", PersonOut, body=details, if_match=version
    )


async def hide_person(client: Client, person: UUID, *, hidden: bool) -> None:
    """Hide a person from the active list, or show them again."""
    await client.send("PUT" if hidden else "DELETE", f"/v1/people/{person}/hidden")


async def read_removal(client: Client, person: UUID) -> Removal:
    """Read what removing a person from the list would delete."""
    return await client.request("GET", f"/v1/people/{person}/removal", Removal)


async def remove_person(client: Client, person: UUID, *, drafts: bool) -> None:
    """Remove a person from the list; `drafts` confirms that drafts are deleted."""
    await client.send("DELETE", f"/v1/people/{person}", params={"drafts": drafts})
