"""Calls to the server about the children on my list."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.people import PeoplePage, PersonIn, PersonNew, PersonOut, Removal, SortBy, View
from tui.core.client import Client
from tui.core.list_query import ListQuery


@dataclass(frozen=True)
class PeopleQuery(ListQuery):
    """The part of the children on my list that is read: at first the active ones, by name."""

    view: str = View.ACTIVE
    sort: str = SortBy.NAME


async def list_people(
    client: Client, asked: ListQuery, *, cursor: str | None = None, end: bool = False
) -> PeoplePage:
    """Read one page of the list: the first, the one a cursor leads to, or the last (`end`)."""
    params: dict[str, str | int | bool] = {
        "view": asked.view,
        "find": asked.find,
        "sort": asked.sort,
        "descending": asked.descending,
        "end": end,
    }
    if cursor:
        params["cursor"] = cursor
    return await client.ask("GET", "/v1/people", PeoplePage, params=params)


async def read_person(client: Client, person: UUID) -> PersonOut:
    """Read a person with the version that an edit must name."""
    return await client.ask("GET", f"/v1/people/{person}", PersonOut)


async def add_person(client: Client, person: PersonNew) -> PersonOut:
    """Add a person; the id makes it safe to say again."""
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
