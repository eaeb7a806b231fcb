"""Autosave of one form, with one request at a time."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from uuid import UUID

from tui.core.client import Client
from tui.core.errors import PortalError, Unreachable, is_signed_out, is_transient
from tui.saving.draft import Draft
from tui.saving.exchange import Exchange, FormView
from tui.saving.journal import Journal

JOURNAL_DELAY = 0.12
"""Seconds from a key press to the journal write."""
SAVE_DELAY = 1.5
"""Seconds from the first key press to the save."""
RETRY_DELAY = 5.0
"""Seconds before a retry if the server did not reply."""
LEAVE_TIMEOUT = 4.0
"""Seconds to wait for saves when leaving a form."""
SLOW_AFTER = 2.0
"""Seconds without a reply before a save is shown as not saved."""
REJECTED_RETRY_DELAY = 30.0
"""Seconds before a rejected save is retried."""


class SaveState(StrEnum):
    """Save state of a form, as shown in the header."""

    SAVED = "saved"
    SAVING = "saving"
    ON_DISK = "on disk"
    IN_MEMORY = "in memory"
    NEEDS_REVIEW = "to look at"


class Saver:
    """Journals and saves one form, while it is open and after it is closed.

    `last_error` is the error of the last attempt, or None if it succeeded.
    """

    def __init__(
        self, draft: Draft, client: Client, journal: Journal, account: UUID, view: FormView
    ) -> None:
        self.draft = draft
        self.view = view
        self.last_error: PortalError | None = None
        self._exchange = Exchange(draft, client, self)
        self._journal = journal
        self._account = account
        self._dirty = False
        self._stopped = False
        self._sent_at: float | None = None
        self._wake = asyncio.Event()
        self._attempt_done = asyncio.Event()
        self._send_task: asyncio.Task[None] | None = None
        self._journal_task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def submitting(self) -> UUID | None:
        """The id of the version being submitted, until the server replies."""
        return self._exchange.submitting

    @property
    def is_settled(self) -> bool:
        """Whether the server has acknowledged all input and any submission."""
        return self.is_saved and self.submitting is None

    @property
    def is_saved(self) -> bool:
        """Whether the server has acknowledged all input."""
        return not self._dirty and self.draft.is_settled

    @property
    def save_state(self) -> SaveState:
        """The save state, as shown in the header."""
        if self.draft.overlaps:
            return SaveState.NEEDS_REVIEW
        if self.is_saved:
            return SaveState.SAVED
        is_slow = self._sent_at is not None and time.monotonic() - self._sent_at >= SLOW_AFTER
        if self.last_error is None and not is_slow:
            return SaveState.SAVING
        on_disk = self._journal.is_durable(self._account, self.draft.id)
        return SaveState.ON_DISK if on_disk else SaveState.IN_MEMORY

    def input_changed(self) -> None:
        """Schedule a journal write and a save of new input."""
        self._dirty = True
        self._start_sending()
        if self._journal_task is None or self._journal_task.done():
            self._journal_task = asyncio.create_task(self._write_journal_soon())

    def submit(self, version: UUID, *, is_sent: bool = False) -> None:
        """Save and submit the form, retrying until the server replies.

        `is_sent` resumes a submission that may have reached the server before a crash.
        """
        self._exchange.submit(version, is_sent=is_sent)
        self.last_error = None
        self.send_now()

    def send_now(self) -> None:
        """Send unsaved input without waiting for the delay."""
        if not self.is_settled:
            self._wake.set()
        self._start_sending()

    def _start_sending(self) -> None:
        is_idle = self._send_task is None or self._send_task.done()
        if is_idle and not self._stopped and not self.is_settled:
            self._send_task = asyncio.create_task(self._send_until_settled())
            self._send_task.add_done_callback(self._on_task_done)
        self.view.show_status()

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        """Restart sending after an unexpected exception, so that no input stays unsaved."""
        if not task.cancelled() and task.exception() is not None:
            self.last_error = Unreachable()
            self._finish_attempt()
            asyncio.get_running_loop().call_later(RETRY_DELAY, self._start_sending)

    def collect(self) -> None:
        """Copy all input into the draft."""
        self.view.collect()
        self._dirty = False

    async def _write_journal_soon(self) -> None:
        while self._dirty:
            await asyncio.sleep(JOURNAL_DELAY)
            self.collect()
            await self.write_journal()

    async def write_journal(self) -> None:
        """Write unacknowledged answers to the journal, or remove it if there are none."""
        if self.is_settled:
            await self._journal.remove(self._account, self.draft.id)
        else:
            unsaved = self.draft.to_unsaved(self.submitting)
            await self._journal.write(self._account, self.draft.id, unsaved)
        self.view.show_status()

    async def save_all(self) -> bool:
        """Save everything now and return whether the server has acknowledged it."""
        self.collect()
        while not self.is_settled and not self._stopped:
            attempt_done = self._attempt_done
            self.send_now()
            await attempt_done.wait()
            if self.last_error is not None or self.draft.overlaps:
                return False
        return self.is_settled

    async def save_before_leaving(self) -> bool:
        """Save everything, or journal it on a timeout; return whether all is saved."""
        try:
            return await asyncio.wait_for(self.save_all(), LEAVE_TIMEOUT)
        except TimeoutError:
            await self.write_journal()
            return False

    def halt(self) -> None:
        """Stop sending, without writing the journal."""
        self._stopped = True
        for task in (self._send_task, self._journal_task):
            if task is not None:
                task.cancel()

    async def stop(self) -> None:
        """Stop sending, and write unsaved input to the journal."""
        self.halt()
        self.collect()
        await self.write_journal()

    def resume(self) -> None:
        """Start sending again after `stop`."""
        self._stopped = False
        self._start_sending()

    async def _send_until_settled(self) -> None:
        delay: float | None = SAVE_DELAY
        while not self.is_settled:
            await self._pause(delay)
            try:
                async with self._lock:
                    self._begin_sending()
                    await self._exchange.send()
            except PortalError as error:
                delay = self._record_error(error)
            else:
                delay, self.last_error = SAVE_DELAY, None
            finally:
                self._sent_at = None
            self._finish_attempt()
            self.view.show_status()
            if self.last_error is None and not self._dirty and not self._exchange.has_more:
                return

    def _begin_sending(self) -> None:
        self._sent_at = time.monotonic()
        asyncio.get_running_loop().call_later(SLOW_AFTER + 0.05, lambda: self.view.show_status())

    def _finish_attempt(self) -> None:
        attempt_done, self._attempt_done = self._attempt_done, asyncio.Event()
        attempt_done.set()

    async def _pause(self, seconds: float | None) -> None:
        """Wait for `send_now`, for at most `seconds` (None for no limit)."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._wake.clear()

    def _record_error(self, error: PortalError) -> float | None:
        """Record an error and return the seconds before a retry, or None for no retry."""
        previous_error, self.last_error = self.last_error, error
        if is_transient(error):
            return RETRY_DELAY
        if not is_signed_out(error):
            self._exchange.submitting = None
        if str(previous_error) != str(error):
            self.view.show_error(error)
        return None if is_signed_out(error) else REJECTED_RETRY_DELAY

    async def check_for_changes(self) -> None:
        """Merge others' changes if there is nothing to send."""
        async with self._lock:
            if self.is_settled and not self._stopped:
                await self._exchange.refresh()
