"""Calls to the server that open, save and submit a form."""

from __future__ import annotations

from uuid import UUID

from shared.forms.submissions import Confirmation, Saved, SubmissionOut, Submit
from tui.core.client import Client
from tui.saving.draft import SentSave


async def open_submission(client: Client, submission: UUID) -> SubmissionOut:
    """Load a form with all that the editor needs."""
    return await client.request("GET", f"/v1/submissions/{submission}", SubmissionOut)


async def save(client: Client, submission: UUID, sent: SentSave) -> Saved:
    """Save changed answers. Raises Refused with STALE, DECIDED or INVALID."""
    path = f"/v1/submissions/{submission}/answers"
    return await client.request("PATCH", path, Saved, body=sent.save, if_match=sent.version)


async def submit(client: Client, submission: UUID, version: UUID) -> Confirmation:
    """Submit the saved answers; retries are safe.

    Raises Refused with NOT_COMPLETE or DECIDED.
    """
    path = f"/v1/submissions/{submission}/versions"
    body = Submit(id=version)
    return await client.request("POST", path, Confirmation, body=body, repeatable=True)
