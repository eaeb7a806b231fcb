"""Calls to the server for Home and for the search from anywhere."""

from __future__ import annotations

from shared.home import FindOut, FindQuery, Found, HomeOut
from tui.core.client import Client


async def read_home(client: Client) -> HomeOut:
    """Read what waits for the user."""
    return await client.ask("GET", "/v1/home", HomeOut)


async def find(client: Client, words: str) -> list[Found]:
    """Find children, forms, cases or messages by what was typed."""
    return (await client.ask("GET", "/v1/find", FindOut, params=FindQuery(q=words))).results
