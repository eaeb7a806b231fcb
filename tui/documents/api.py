"""Calls to the server about documents."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from shared.documents import DocumentOut
from tui.core.client import Client, Progress
from tui.documents.texts import printable


async def upload(
    client: Client, person: UUID, document: UUID, file: Path, progress: Progress
) -> DocumentOut:
    """Upload a file about a person; a retry with the same id is safe.

    `progress` receives the number of bytes sent so far. Raises OSError if the file can't be read.
    """
    path = f"/v1/people/{person}/documents/{document}"
    return await client.upload(
        path, file, DocumentOut, name=printable(file.name), progress=progress
    )


async def read(client: Client, document: UUID) -> DocumentOut:
    """Read a document's name, size and scan; does not extend the session."""
    return await client.request("GET", f"/v1/documents/{document}", DocumentOut)


async def remove(client: Client, document: UUID) -> None:
    """Delete a document that was not submitted."""
    await client.send("DELETE", f"/v1/documents/{document}")
