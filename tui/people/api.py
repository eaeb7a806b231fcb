"""Calls to the server about the children on my list."""

from __future__ import annotations

from uuid import UUID

from shared.people import PeoplePage, PeopleQuery, PersonIn, PersonNew, PersonOut, Removal
from tui.core.client import Client


async def list_people(client: Client, query: PeopleQuery) -> PeoplePage:
    """Read one page of the list."""
    return await client.ask("GET", "/v1/people", PeoplePage, params=query)


async def read_person(client: Client, person: UUID) -> PersonOut:
    """Read a person with the version that an edit must name."""
    return await client.ask("GET", f"/v1/people/{person}", PersonOut)


async def add_person(client: Client, person: PersonNew) -> PersonOut:
    """Add a person; the id makes it safe to repeat."""
    return await client.ask("POST", "/v1/people", PersonOut, body=person, repeatable=True)


async def change_person(client: Client, person: UUID, version: int, changed: PersonIn) -> PersonOut:
    """Change a person; refused as stale where `version` is not the newest."""
    return await client.ask(
        "PUT", f"/v1/people/{person}", PersonOut, body=changed, if_match=version
    )


async def hide_person(client: Client, person: UUID, *, hidden: bool) -> None:
    """Hide a person from the active list, or show them there again."""
    await client.tell("PUT" if hidden else "DELETE", f"/v1/people/{person}/hidden")


async def read_removal(client: Client, person: UUID) -> Removal:
    """Ask what deleting a person from my list would take with it."""
    return await client.ask("GET", f"/v1/people/{person}/removal", Removal)


async def remove_person(client: Client, person: UUID, *, drafts: bool) -> None:
    """Take a person off my list; `drafts` confirms that open drafts go too."""
    await client.tell("DELETE", f"/v1/people/{person}", params={"drafts": drafts})
