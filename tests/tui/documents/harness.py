"""Minimal app for document widgets, with a scripted server."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import httpx
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button

import tui
from shared.documents import DocumentOut
from shared.problems import Problem, ProblemCode
from tui.core.client import Client
from tui.core.errors import PortalError
from tui.core.settings import Settings
from tui.documents.upload_row import UploadRow
from tui.widgets.keyline import name_keys
from tui.widgets.themed_app import ThemedApp

PERSON = UUID("5a2e1f0c-9d4b-4a57-8c11-3f1f0c9d4b4a")
STORED_DOCUMENT = DocumentOut.model_validate(
    {
        "id": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
        "name": "report.pdf",
        "media_type": "application/pdf",
        "type_label": "PDF document",
        "size": 34 * 1024,
        "uploaded_at": "2026-03-02T10:42:00Z",
        "scan": "unscanned",
    }
)


class ScriptedServer:
    """Returns the scripted `replies` in order, then succeeds; records the requests.

    Replies are held until `released` is set.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.replies: list[httpx.Response | Exception] = []
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await self.released.wait()
        if self.replies:
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply
        if request.method == "PUT":
            name = request.url.params["name"]
            document = STORED_DOCUMENT.model_copy(
                update={
                    "id": UUID(request.url.path.split("/")[-1]),
                    "name": name,
                    "size": len(request.content),
                }
            )
            return httpx.Response(201, content=document.model_dump_json())
        return (
            httpx.Response(204) if request.method == "DELETE" else httpx.Response(200, text="%PDF")
        )


def problem_response(status: int, code: ProblemCode, detail: str) -> httpx.Response:
    """Build an error response."""
    body = Problem(title="No", status=status, code=code, detail=detail)
    return httpx.Response(status, json=json.loads(body.model_dump_json()))


class Harness(ThemedApp):
    """App with at most one upload row; records its messages and reported errors."""

    CSS_PATH = [
        Path(tui.__file__).with_name("portal.tcss"),
        Path(tui.__file__).with_name("widgets") / "widgets.tcss",
    ]

    def __init__(
        self, row: UploadRow | None = None, *, server: ScriptedServer | None = None
    ) -> None:
        super().__init__(Settings())
        self.animation_level = "none"
        self.server = server or ScriptedServer()
        self.client = Client("http://portal.example", transport=httpx.MockTransport(self.server))
        self.row = row
        self.messages: list[Message] = []
        self.errors: list[PortalError] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            if self.row:
                yield self.row
            yield Button("Elsewhere", id="elsewhere")

    def show_error(self, error: PortalError) -> None:
        self.errors.append(error)

    def with_keys(self, text: str) -> str:
        return name_keys(text, {})

    def on_upload_row_uploaded(self, message: UploadRow.Uploaded) -> None:
        self.messages.append(message)

    def on_upload_row_checked(self, message: UploadRow.Checked) -> None:
        self.messages.append(message)

    def on_upload_row_removed(self, message: UploadRow.Removed) -> None:
        self.messages.append(message)

    def on_upload_row_files_chosen(self, message: UploadRow.FilesChosen) -> None:
        self.messages.append(message)
