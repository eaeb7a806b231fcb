"""The routes of messages, and of the demo's mailbox, as calls."""

from __future__ import annotations

from shared.accounts import DemoMail
from shared.messages import MessageOut, MessagesPage
from tui.core.client import Client

PAGE = 50


async def page(client: Client, cursor: str | None = None, *, limit: int = PAGE) -> MessagesPage:
    """Read a page of the inbox, the newest first."""
    params: dict[str, str | int | bool] = {"limit": limit}
    if cursor:
        params["cursor"] = cursor
    return await client.ask("GET", "/v1/messages", MessagesPage, params=params)


async def message(client: Client, found: str) -> MessageOut:
    """Open a message."""
    return await client.ask("GET", f"/v1/messages/{found}", MessageOut)


async def mark_read(client: Client, found: str) -> None:
    """Tell that a message has been read."""
    await client.tell("PUT", f"/v1/messages/{found}/read")


async def demo_mail(client: Client) -> list[DemoMail]:
    """Read the mails that the demo sent, the newest first."""
    return await client.ask("GET", "/v1/demo/mailbox", list[DemoMail])


def unread_words(unread: int) -> str:
    """Name the messages with how many are unread: the badge."""
    return f"Messages ({unread} unread)" if unread else "Messages"
