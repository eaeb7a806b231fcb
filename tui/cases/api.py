"""Requests about a child's case."""

from __future__ import annotations

from uuid import UUID

from shared.cases.states import ProgressOut
from shared.forms.submissions import StartForm, SubmissionOut
from tui.core.client import Client


async def read_progress(client: Client, person: UUID) -> ProgressOut:
    """Read the data of the progress page."""
    return await client.request("GET", f"/v1/people/{person}/progress", ProgressOut)


async def withdraw(client: Client, submission: UUID) -> None:
    """Withdraw a submitted form; safe to repeat."""
    await client.send("POST", f"/v1/submissions/{submission}/withdraw", repeatable=True)


async def start_form(client: Client, start: StartForm) -> SubmissionOut:
    """Start a form; safe to repeat with the same id."""
    return await client.request(
        "POST", "/v1/submissions", SubmissionOut, body=start, repeatable=True
    )
