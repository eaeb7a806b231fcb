"""Base class of the screens that call the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, TypeVar, cast

from textual.messages import Prune

from tui.core.errors import PortalError
from tui.widgets.dialog import disabled_while_sending
from tui.widgets.header import Header
from tui.widgets.layouts import SettlingScreen

if TYPE_CHECKING:
    from tui.core.portal import Portal

WORKING_DELAY = 0.4
REST_DELAY = 0.3
"""Seconds after the last key press until the server is asked for what it leads to."""

ReplyT = TypeVar("ReplyT")


class CallingScreen(SettlingScreen):
    """A screen that calls the server in the background, and shows that it does."""

    _is_sending = False
    _is_opened = False
    typed_since_request = False
    """Whether the user has typed since the request whose error is being shown."""

    def on_compose(self) -> None:
        """Send the first request at once, so that it is answered while the widgets are made."""
        self.load()

    def on_screen_resume(self) -> None:
        """Load again whenever the screen is shown again."""
        if self._is_opened:
            self.load()
        self._is_opened = True

    def load(self) -> None:
        """Read what the screen shows, with `when_made` around the request."""

    async def when_made(self, reply: Awaitable[ReplyT]) -> ReplyT:
        """Wait for a reply, and until the screen has its widgets, which are made meanwhile."""
        try:
            result = await reply
        except PortalError:
            await self._mounted_event.wait()
            raise
        await self._mounted_event.wait()
        return result

    async def on_prune(self, _: Prune) -> None:
        """End the calls of a screen that closes, while they still have its widgets."""
        await asyncio.sleep(0)  # Python warns of coroutines that end before they start
        self.workers.cancel_node(self)

    @property
    def portal(self) -> Portal:
        """The app, as the `Portal` protocol."""
        return cast("Portal", self.app)

    def show_state(self, state: str, short: str = "") -> None:
        """Show a state in the header, or its short form if it does not fit."""
        self.query_one(Header).show_state(state, short)

    def call(
        self,
        work: Coroutine[object, object, None],
        *,
        group: str = "call",
        on_error: Callable[[PortalError], None] | None = None,
    ) -> None:
        """Call the server in the background, cancelling any other call of the group.

        A PortalError is passed to `on_error`; by default the portal shows it.
        """
        self._hold_layout()
        self.run_worker(
            self._run_guarded(work, on_error or self.portal.show_error),
            group=group,
            exclusive=True,
            exit_on_error=False,
        )

    async def _run_guarded(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        is_done = False

        def show_working() -> None:
            if not is_done and self.is_mounted:  # the timer may have fired before it was stopped
                self.show_state("Working…")

        timer = self.set_timer(WORKING_DELAY, show_working)
        start_time = asyncio.get_running_loop().time()
        try:
            await work
        except PortalError as error:
            self.typed_since_request = self.portal.has_typed_since(start_time)
            on_error(error)
        finally:
            self.typed_since_request = False
            is_done = True
            timer.stop()
            self._release_layout()
            if asyncio.get_running_loop().time() - start_time >= WORKING_DELAY and self.is_attached:
                self.clear_working()

    def clear_working(self) -> None:
        """Clear 'Working…'; override to show another state instead."""
        self.show_state("")

    def send(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        """Send the screen's input, with the body disabled until the call ends."""
        if self._is_sending:
            work.close()
        else:
            self.call(self._send_once(work), group="send", on_error=on_error)

    async def _send_once(self, work: Coroutine[object, object, None]) -> None:
        self._is_sending = True
        try:
            with disabled_while_sending(self, self.query_one("#body")):
                await work
        finally:
            self._is_sending = False
