"""The saver of a form, which sends one save at a time until all is acknowledged."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared.forms.submissions import Confirmation, SubmissionOut
from tui.core.client import Client
from tui.core.errors import PortalError, Unreachable, is_signed_out, is_transient
from tui.saving.draft import Draft, Met
from tui.saving.exchange import Exchange
from tui.saving.journal import Journal

JOURNAL_AFTER = 0.12
"""Seconds after a key until it is on this machine; with the writing at most a quarter."""
SAVE_AFTER = 1.5
"""Seconds after the first key until it is sent."""
TRY_AGAIN = 5.0
"""Seconds before a retry if there was no answer."""
IN_TIME = 4.0
"""Seconds for which one who leaves waits until all is saved."""
LATE = 2.0
"""Seconds without an answer after which a save no longer counts as under way."""
REFUSED_AGAIN = 30.0
"""Seconds until what the server would not have is offered again."""


class Standing(StrEnum):
    """The save state of the input."""

    SAVED = "saved"
    SAVING = "saving"
    ON_DISK = "on disk"
    IN_MEMORY = "in memory"
    TO_LOOK_AT = "to look at"


class Face(Protocol):
    """What shows the form that is saved, or stands in for it once it was left."""

    def collect(self) -> None:
        """Bring all that was typed into the draft."""
        ...

    def met(self, met: Met) -> None:
        """Show what others changed, which the draft now holds."""
        ...

    def opened_again(self, opened: SubmissionOut) -> None:
        """Take what else the server says of the form now."""
        ...

    def show_status(self) -> None:
        """Show the save state."""
        ...

    def trouble(self, error: PortalError) -> None:
        """Show what the server refused."""
        ...

    def submitted(self, confirmation: Confirmation) -> None:
        """Show that the form was submitted."""
        ...


class Saver:
    """Keeps one form on this machine and saves it, while it is open and after it was left.

    `trouble` is what stands in the way since the last save.
    """

    def __init__(
        self, draft: Draft, client: Client, journal: Journal, account: UUID, face: Face
    ) -> None:
        self.draft = draft
        self.face = face
        self.trouble: PortalError | None = None
        self._exchange = Exchange(draft, client, self)
        self._journal = journal
        self._account = account
        self._typed = False
        self._stopped = False
        self._sent_at: float | None = None
        self._hurry = asyncio.Event()
        self._over = asyncio.Event()
        self._sends: asyncio.Task[None] | None = None
        self._keeps: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def submitting(self) -> UUID | None:
        """The version that is being submitted, until there is an answer."""
        return self._exchange.submitting

    @property
    def settled(self) -> bool:
        """Whether the server has acknowledged every key, and a submit that was asked for."""
        return self.saved_all and self.submitting is None

    @property
    def saved_all(self) -> bool:
        """Whether the server has acknowledged every key."""
        return not self._typed and self.draft.settled

    @property
    def standing(self) -> Standing:
        """The save state of the input."""
        if self.draft.overlaps:
            return Standing.TO_LOOK_AT
        if self.saved_all:
            return Standing.SAVED
        late = self._sent_at is not None and time.monotonic() - self._sent_at >= LATE
        if self.trouble is None and not late:
            return Standing.SAVING
        on_disk = self._journal.holds(self._account, self.draft.id)
        return Standing.ON_DISK if on_disk else Standing.IN_MEMORY

    def typed(self) -> None:
        """Store new input on this machine at once, and send it soon."""
        self._typed = True
        self._go_on()
        if self._keeps is None or self._keeps.done():
            self._keeps = asyncio.create_task(self._keep_soon())

    def submit(self, version: UUID, *, is_sent: bool = False) -> None:
        """Save all and submit it, again until there is an answer.

        `is_sent` goes on with a submit that may have reached the server as the program ended.
        """
        self._exchange.submit(version, is_sent=is_sent)
        self.trouble = None
        self.hurry()

    def hurry(self) -> None:
        """Send now what is unsaved: somebody waits, or the session is signed in again."""
        if not self.settled:
            self._hurry.set()
        self._go_on()

    def _go_on(self) -> None:
        idle = self._sends is None or self._sends.done()
        if idle and not self._stopped and not self.settled:
            self._sends = asyncio.create_task(self._send_until_settled())
            self._sends.add_done_callback(self._ended)
        self.face.show_status()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Retry after an unexpected exception, so that no input waits for ever."""
        if not task.cancelled() and task.exception() is not None:
            self.trouble = Unreachable()
            self._finish_turn()
            asyncio.get_running_loop().call_later(TRY_AGAIN, self._go_on)

    def collect(self) -> None:
        """Bring all that was typed into the draft."""
        self.face.collect()
        self._typed = False

    async def _keep_soon(self) -> None:
        while self._typed:
            await asyncio.sleep(JOURNAL_AFTER)
            self.collect()
            await self.keep()

    async def keep(self) -> None:
        """Keep on this machine what the server is not known to have."""
        if self.settled:
            await self._journal.drop(self._account, self.draft.id)
        else:
            unsaved = self.draft.written_down(self.submitting)
            await self._journal.keep(self._account, self.draft.id, unsaved)
        self.face.show_status()

    async def saved(self) -> bool:
        """Save everything now; return whether the server has acknowledged it."""
        self.collect()
        while not self.settled and not self._stopped:
            over = self._over
            self.hurry()
            await over.wait()
            if self.trouble is not None or self.draft.overlaps:
                return False
        return self.settled

    async def saved_in_time(self) -> bool:
        """Save everything before leaving, or store it on this machine if that is slow."""
        try:
            return await asyncio.wait_for(self.saved(), IN_TIME)
        except TimeoutError:
            await self.keep()
            return False

    def halt(self) -> None:
        """Send no more."""
        self._stopped = True
        for task in (self._sends, self._keeps):
            if task is not None:
                task.cancel()

    async def stop(self) -> None:
        """Send no more; what is unsaved stays on this machine."""
        self.halt()
        self.collect()
        await self.keep()

    def resume(self) -> None:
        """Send again after a stop."""
        self._stopped = False
        self._go_on()

    async def _send_until_settled(self) -> None:
        wait: float | None = SAVE_AFTER
        while not self.settled:
            await self._pause(wait)
            try:
                async with self._turn:
                    self._begin_sending()
                    await self._exchange.send()
            except PortalError as error:
                wait = self._record_trouble(error)
            else:
                wait, self.trouble = SAVE_AFTER, None
            finally:
                self._sent_at = None
            self._finish_turn()
            self.face.show_status()
            if self.trouble is None and not self._typed and not self._exchange.has_more:
                return

    def _begin_sending(self) -> None:
        self._sent_at = time.monotonic()
        asyncio.get_running_loop().call_later(LATE + 0.05, lambda: self.face.show_status())

    def _finish_turn(self) -> None:
        over, self._over = self._over, asyncio.Event()
        over.set()

    async def _pause(self, seconds: float | None) -> None:
        """Wait for a time or until `hurry`, or for `hurry` alone if there is no time."""
        try:
            await asyncio.wait_for(self._hurry.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._hurry.clear()

    def _record_trouble(self, error: PortalError) -> float | None:
        """Record an error; return the seconds before a retry, or None for no retry."""
        before, self.trouble = self.trouble, error
        if is_transient(error):
            return TRY_AGAIN
        if not is_signed_out(error):
            self._exchange.submitting = None
        if str(before) != str(error):
            self.face.trouble(error)
        return None if is_signed_out(error) else REFUSED_AGAIN

    async def look(self) -> None:
        """Read the changes of others if there is nothing to send."""
        async with self._turn:
            if self.settled and not self._stopped:
                await self._exchange.meet()
