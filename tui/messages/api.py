"""Requests about messages and the demo's mailbox."""

from __future__ import annotations

from uuid import UUID

from shared.accounts import DemoMail
from shared.messages import MessageOut, MessageQuery, MessagesPage
from tui.core.client import Client

INBOX = MessageQuery()


async def list_messages(client: Client, query: MessageQuery = INBOX) -> MessagesPage:
    """Read a page of messages, newest first."""
    return await client.request("GET", "/v1/messages", MessagesPage, params=query)


async def poll_inbox(client: Client, etag: str | None) -> tuple[MessagesPage, str] | None:
    """Poll the inbox, and return its first page and ETag, or None if it is unchanged."""
    return await client.poll("/v1/messages/news", MessagesPage, etag)


async def read_message(client: Client, message: str) -> MessageOut:
    """Read a message."""
    return await client.request("GET", f"/v1/messages/{message}", MessageOut)


async def mark_read(client: Client, message: str | UUID, *, read: bool = True) -> None:
    """Mark a message as read or unread."""
    await client.send("PUT" if read else "DELETE", f"/v1/messages/{message}/read")


async def archive(client: Client, message: UUID, *, archived: bool) -> None:
    """Archive a message, or put it back into the inbox."""
    await client.send("PUT" if archived else "DELETE", f"/v1/messages/{message}/archived")


async def list_demo_mail(client: Client) -> list[DemoMail]:
    """List the demo's emails, newest first."""
    return await client.request("GET", "/v1/demo/mailbox", list[DemoMail])


def badge_text(unread: int) -> str:
    """Return the label of the badge with the number of unread messages."""
    return f"Messages ({unread} unread)" if unread else "Messages"
