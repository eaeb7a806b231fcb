"""Requests for Home and the global search."""

from __future__ import annotations

from shared.home import FindOut, FindQuery, HomeOut, SearchResult
from tui.core.client import Client


async def read_home(client: Client) -> HomeOut:
    """Read the items that wait for the user."""
    return await client.request("GET", "/v1/home", HomeOut)


async def find(client: Client, query: str) -> list[SearchResult]:
    """Search for children, forms, cases and messages."""
    return (await client.request("GET", "/v1/find", FindOut, params=FindQuery(q=query))).results
