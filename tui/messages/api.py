"""The routes of messages, and of the demo's mailbox, as calls."""

from __future__ import annotations

from uuid import UUID

from shared.accounts import DemoMail
from shared.messages import MessageOut, MessageQuery, MessagesPage
from tui.core.client import Client

INBOX = MessageQuery()


async def page(client: Client, query: MessageQuery = INBOX) -> MessagesPage:
    """Read a page of messages, the newest first."""
    return await client.ask("GET", "/v1/messages", MessagesPage, params=query)


async def news(client: Client, mark: str | None) -> tuple[MessagesPage, str] | None:
    """Read the inbox's first page and its mark; None where the mark known is the newest."""
    return await client.ask_by_clock("/v1/messages/news", MessagesPage, mark)


async def message(client: Client, found: str) -> MessageOut:
    """Open a message."""
    return await client.ask("GET", f"/v1/messages/{found}", MessageOut)


async def mark_read(client: Client, found: str | UUID, *, read: bool = True) -> None:
    """Mark a message as read or unread."""
    await client.tell("PUT" if read else "DELETE", f"/v1/messages/{found}/read")


async def archive(client: Client, found: UUID, *, archived: bool) -> None:
    """Put a message away, or back into the inbox."""
    await client.tell("PUT" if archived else "DELETE", f"/v1/messages/{found}/archived")


async def demo_mail(client: Client) -> list[DemoMail]:
    """Read the mails that the demo sent, the newest first."""
    return await client.ask("GET", "/v1/demo/mailbox", list[DemoMail])


def unread_words(unread: int) -> str:
    """Name the messages with how many are unread: the badge."""
    return f"Messages ({unread} unread)" if unread else "Messages"
