"""The upload of a file, run in the background with retries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from pathlib import Path
from uuid import UUID, uuid4

from shared.documents import DocumentOut
from tui.core.client import Client
from tui.core.errors import PortalError, is_signed_out, is_transient
from tui.documents import api, texts
from tui.documents.folder import check_file
from tui.documents.states import UploadState

RETRY_SECONDS = 5.0
"""Seconds before a retry after a temporary error."""


def _noop() -> None:
    """Do nothing."""


class Upload:
    """The upload of a file about a person; every attempt uses the same document id.

    `on_change` (for the row) and `on_progress` (for the owner) are called when the state or note
    changes, `on_stored` once the file is stored, and `on_blocked_changed` when the upload starts or
    stops waiting for the user to sign in. `limiter` limits the number of concurrent uploads.
    """

    def __init__(self, client: Client, person: UUID, file: Path) -> None:
        self.file = file
        self.state = UploadState.CHOSEN
        self.note = texts.CHECKING
        self.size: int | None = None
        self.document: DocumentOut | None = None
        self.blocking_error: PortalError | None = None
        """The error that blocks the upload until the user signs in again."""
        self.on_change: Callable[[], None] = _noop
        self.on_progress: Callable[[], None] = _noop
        self.on_stored: Callable[[DocumentOut], None] = lambda _: None
        self.on_blocked_changed: Callable[[], None] = _noop
        self.limiter: AbstractAsyncContextManager[object] = nullcontext()
        self._client = client
        self._person = person
        self._id = uuid4()
        self._retry_event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the file is being sent or waiting for a retry."""
        return self.state is UploadState.UPLOADING

    def validate(self) -> None:
        """Check in the background whether the file can be sent."""
        self._run(self._validate())

    def start(self) -> None:
        """Send the file."""
        if not self.is_running:
            self._show(UploadState.UPLOADING, texts.WAITING_FOR_UPLOADS)
            self._run(self._send_with_limit())

    def retry_now(self) -> None:
        """Retry immediately, for example after the user has signed in again."""
        self._retry_event.set()

    def cancel(self) -> None:
        """Cancel the upload; the file stays chosen."""
        self.stop()
        self._show(UploadState.CHOSEN, texts.UPLOAD_STOPPED)

    def stop(self) -> None:
        """Stop the background task without changing the state."""
        if self._task is not None:
            self._task.cancel()

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self.stop()
        self._task = asyncio.create_task(work)

    def _show(self, state: UploadState, note: str = "") -> None:
        self.state, self.note = state, note
        self.on_change()
        self.on_progress()

    async def _validate(self) -> None:
        if await self._is_valid():
            self._show(UploadState.CHOSEN, texts.NOT_UPLOADED)

    async def _is_valid(self) -> bool:
        self.size, error = await asyncio.to_thread(check_file, self.file)
        if error:
            self._show(UploadState.FAILED, f"✗ {error}")
        return error is None

    async def _send_with_limit(self) -> None:
        async with self.limiter:
            self._show(UploadState.UPLOADING, texts.CHECKING)
            await self._send()

    async def _send(self) -> None:
        while self.document is None and await self._is_valid():
            self._show_progress(0)
            self._retry_event.clear()
            try:
                self.document = await api.upload(
                    self._client, self._person, self._id, self.file, self._show_progress
                )
            except OSError as error:
                name = texts.printable(self.file.name)
                self._show(UploadState.FAILED, f"✗ {texts.read_error(name, error)}")
                return
            except PortalError as error:
                if not await self._wait_to_retry(error):
                    self._show(UploadState.FAILED, f"✗ {error}")
                    return
        if self.document is not None:
            self.on_stored(self.document)
            self._show(UploadState.STORED)

    def _show_progress(self, sent: int) -> None:
        self._show(UploadState.UPLOADING, texts.progress_bar(sent, self.size or 0))

    async def _wait_to_retry(self, error: PortalError) -> bool:
        """Wait until a retry may succeed, or return False if none can."""
        if is_signed_out(error):
            self._set_blocking_error(error)
            try:
                await self._retry_event.wait()
            finally:
                self._set_blocking_error(None)
            return True
        if not is_transient(error):
            return False
        self._show(UploadState.UPLOADING, texts.UNREACHABLE)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._retry_event.wait(), RETRY_SECONDS)
        return True

    def _set_blocking_error(self, error: PortalError | None) -> None:
        self.blocking_error = error
        if error:
            self._show(UploadState.UPLOADING, texts.WAITING_FOR_SIGN_IN)
        self.on_blocked_changed()
