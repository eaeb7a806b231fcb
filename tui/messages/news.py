"""Polling for new messages while the inbox or its badge is shown."""

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
"""Seconds after the last key or mouse move during which polling goes on."""


@runtime_checkable
class ShowsMessages(Protocol):
    """A screen that shows how many messages are unread."""

    def show_new_messages(self, page: MessagesPage) -> None:
        """Show the current first page of the inbox."""
        ...


class MessageNews:
    """Polls on a timer, which does not count as use of the session."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._mark: str | None = None
        self._seen: datetime | None = None
        self.used_at = time.monotonic()

    def begin(self) -> None:
        """Start polling for the account that signed in."""
        if self._timer is None:
            self._timer = self._app.set_interval(EVERY, self.check)

    def end(self) -> None:
        """Stop polling and forget what was seen."""
        if self._timer:
            self._timer.stop()
        self._timer = self._mark = self._seen = None

    def record_activity(self) -> None:
        """Record activity of the user."""
        self.used_at = time.monotonic()

    def mark_seen(self, page: MessagesPage) -> None:
        """Record the messages shown; only later ones are new."""
        newest = page.rows[0].received_at if page.rows else datetime.min.replace(tzinfo=UTC)
        self._seen = max(newest, self._seen or newest)

    @property
    def is_due(self) -> bool:
        """Whether a user is present who may see news."""
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
        # The timer can fire while the program ends, when there is no screen left.
        screen = next(reversed(self._app.screen_stack), None)
        return screen if isinstance(screen, ShowsMessages) else None

    def check(self) -> None:
        """Poll for new messages if it is due."""
        if self.is_due:
            self._app.run_worker(self._poll(), group="news", exclusive=True, exit_on_error=False)

    async def _poll(self) -> None:
        from tui.messages import api

        token = self._portal.client.token
        try:
            news = await api.news(self._portal.client, self._mark)
        except PortalError:
            return  # the next action of the user will show the error
        screen = self._shown
        if news is None or token != self._portal.client.token:
            return
        if screen is not None:
            page, self._mark = news
            before = self._seen
            self.mark_seen(page)
            screen.show_new_messages(page)
            if before is not None and self._seen != before and not page.rows[0].read:
                self._app.notify("A new message came.", markup=False)
