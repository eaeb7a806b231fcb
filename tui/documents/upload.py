"""The upload of a file, which continues in the background until done or cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from shared.documents import DocumentOut
from tui.core.client import Client
from tui.core.errors import PortalError, is_signed_out, is_transient
from tui.documents import api, words
from tui.documents.folder import check
from tui.documents.states import State

TRY_AGAIN = 5.0
"""Seconds before the upload is retried if there was no answer."""


def _nothing() -> None:
    """Do nothing."""


class Upload:
    """A chosen file about a person, with the same id for each attempt to send it.

    `changed` is called when the state or the note changes, `stored` once the file is stored, and
    `needs_user` when the upload starts or stops waiting for the user to sign in.
    """

    def __init__(self, client: Client, person: UUID, file: Path) -> None:
        self.file = file
        self.state = State.CHOSEN
        self.note = words.LOOKING
        self.size: int | None = None
        self.document: DocumentOut | None = None
        self.waits_for: PortalError | None = None
        """The error for which the user must sign in before the upload continues."""
        self.changed: Callable[[], None] = _nothing
        self.stored: Callable[[DocumentOut], None] = lambda _: None
        self.needs_user: Callable[[], None] = _nothing
        self._client = client
        self._person = person
        self._id = uuid4()
        self._again = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether the file is being sent or waiting for a retry."""
        return self.state is State.UPLOADING

    def look(self) -> None:
        """Check whether the file can be sent."""
        self._begin(self._check())

    def start(self) -> None:
        """Send the file."""
        if not self.is_under_way:
            self._show(State.UPLOADING, words.LOOKING)
            self._begin(self._send())

    def hurry(self) -> None:
        """Retry now, after the user has signed in again."""
        self._again.set()

    def cancel(self) -> None:
        """Cancel the upload; the file stays chosen."""
        self.end()
        self._show(State.CHOSEN, words.STOPPED)

    def end(self) -> None:
        """Stop the upload when its page or the program ends."""
        if self._task is not None:
            self._task.cancel()

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        self.end()
        self._task = asyncio.create_task(work)

    def _show(self, state: State, note: str = "") -> None:
        self.state, self.note = state, note
        self.changed()

    async def _check(self) -> None:
        if await self._is_valid():
            self._show(State.CHOSEN, words.NOT_UPLOADED)

    async def _is_valid(self) -> bool:
        self.size, reason = await asyncio.to_thread(check, self.file)
        if reason:
            self._show(State.FAILED, f"✗ {reason}")
        return reason is None

    async def _send(self) -> None:
        while self.document is None and await self._is_valid():
            self._progress(0)
            self._again.clear()
            try:
                self.document = await api.upload(
                    self._client, self._person, self._id, self.file, self._progress
                )
            except OSError as error:
                name = words.shown(self.file.name)
                self._show(State.FAILED, f"✗ {words.cant_be_read(name, error)}")
                return
            except PortalError as error:
                if not await self._wait_to_retry(error):
                    self._show(State.FAILED, f"✗ {error}")
                    return
        if self.document is not None:
            self.stored(self.document)
            self._show(State.STORED)

    def _progress(self, sent: int) -> None:
        self._show(State.UPLOADING, words.bar(sent, self.size or 0))

    async def _wait_to_retry(self, error: PortalError) -> bool:
        """Wait until a retry makes sense; return False if it never does."""
        if is_signed_out(error):
            self._wait_for(error)
            try:
                await self._again.wait()
            finally:
                self._wait_for(None)
            return True
        if not is_transient(error):
            return False
        self._show(State.UPLOADING, words.UNREACHABLE)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._again.wait(), TRY_AGAIN)
        return True

    def _wait_for(self, error: PortalError | None) -> None:
        self.waits_for = error
        if error:
            self._show(State.UPLOADING, words.WAITS_FOR_SESSION)
        self.needs_user()
