"""Looks for new messages while the inbox or its badge is shown, and tells of each once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from textual.app import App
from textual.timer import Timer

from tui.core.errors import PortalError
from tui.core.portal import Portal

if TYPE_CHECKING:
    from shared.messages import MessagesPage

EVERY = 30.0
IN_USE = 300.0
"""Seconds after the last key or move of the mouse for which it is looked for news."""


@runtime_checkable
class ShowsMessages(Protocol):
    """A screen that shows how many messages are unread."""

    def take_news(self, page: MessagesPage) -> None:
        """Show the inbox as it stands now, of which this is the first page."""
        ...


class MessageNews:
    """Asks by the clock; to the server and to the watch of the session it is no use."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._mark: str | None = None
        self._seen: datetime | None = None
        self.used_at = time.monotonic()

    def begin(self) -> None:
        """Look for news of an account that was signed in."""
        if self._timer is None:
            self._timer = self._app.set_interval(EVERY, self.look)

    def end(self) -> None:
        """Look no more, and forget what was seen."""
        if self._timer:
            self._timer.stop()
        self._timer = self._mark = self._seen = None

    def used(self) -> None:
        """Note that the user is there."""
        self.used_at = time.monotonic()

    def saw(self, page: MessagesPage) -> None:
        """Note what the inbox showed: only what came after it is new."""
        newest = page.rows[0].received_at if page.rows else datetime.min.replace(tzinfo=UTC)
        self._seen = max(newest, self._seen or newest)

    @property
    def wanted(self) -> bool:
        """Whether anybody is there to see news, and is let see them."""
        from shared.accounts import SecondStep

        account = self._portal.session.account
        return (
            self._portal.client.token is not None
            and account is not None
            and account.second_step is not SecondStep.NONE
            and self._shown is not None
            and time.monotonic() - self.used_at < IN_USE
        )

    @property
    def _shown(self) -> ShowsMessages | None:
        # There is no screen any more when the timer rings as the program ends.
        screen = next(reversed(self._app.screen_stack), None)
        return screen if isinstance(screen, ShowsMessages) else None

    def look(self) -> None:
        """Ask whether anything is new, where that is wanted."""
        if self.wanted:
            self._app.run_worker(self._look(), group="news", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        from tui.messages import api

        token = self._portal.client.token
        try:
            told = await api.news(self._portal.client, self._mark)
        except PortalError:
            return  # nobody asked for it: what the user does next tells it
        screen = self._shown
        if told is None or token != self._portal.client.token:
            return
        if screen is not None:
            page, self._mark = told
            before = self._seen
            self.saw(page)
            screen.take_news(page)
            if before is not None and self._seen != before and not page.rows[0].read:
                self._app.notify("A new message came.", markup=False)
