"""Calls to the server for Home and the global search."""

from __future__ import annotations

from shared.home import FindOut, FindQuery, HomeOut, SearchResult
from tui.core.client import Client


async def read_home(client: Client) -> HomeOut:
    """Read what waits for the user."""
    return await client.request("GET", "/v1/home", HomeOut)


async def find(client: Client, words: str) -> list[SearchResult]:
    """Find children, forms, cases or messages by words."""
    return (await client.request("GET", "/v1/find", FindOut, params=FindQuery(q=words))).results
