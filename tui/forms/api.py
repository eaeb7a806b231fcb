"""The form routes as calls."""

from __future__ import annotations

from uuid import UUID

from shared.forms.submissions import (
    Confirmation,
    SaveAnswers,
    Saved,
    SubmissionOut,
    Submit,
)
from tui.core.client import Client


async def open_submission(client: Client, submission: UUID) -> SubmissionOut:
    """Read all that the editor needs."""
    return await client.ask("GET", f"/v1/submissions/{submission}", SubmissionOut)


async def save(client: Client, submission: UUID, given: SaveAnswers, version: int) -> Saved:
    """Save some answers; raises Refused STALE, DECIDED or INVALID."""
    path = f"/v1/submissions/{submission}/answers"
    return await client.ask("PATCH", path, Saved, body=given, if_match=version)


async def submit(client: Client, submission: UUID, version: UUID) -> Confirmation:
    """Submit what was saved, safe to send again; raises Refused NOT_COMPLETE or DECIDED."""
    path = f"/v1/submissions/{submission}/versions"
    body = Submit(id=version)
    return await client.ask("POST", path, Confirmation, body=body, repeatable=True)
