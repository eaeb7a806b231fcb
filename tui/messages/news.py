"""Polling for new messages."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from textual.app import App
from textual.timer import Timer

from tui.core.desktop_notifier import NEW_MESSAGE
from tui.core.errors import PortalError, is_signed_out

if TYPE_CHECKING:
    from shared.messages import MessagesPage
    from tui.core.portal import Portal

POLL_SECONDS = 30.0
ACTIVE_SECONDS = 300.0
"""Inactivity, in seconds, after which fewer polls are made."""
IDLE_POLLS = 4
"""Only every nth poll is made while the user is idle."""


@runtime_checkable
class ShowsMessages(Protocol):
    """A screen that shows new messages or their number."""

    def show_new_messages(self, page: MessagesPage) -> None:
        """Show the current first page of the inbox."""
        ...


class MessagePoller:
    """Polls for new messages on a timer, without extending the session."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._etag: str | None = None
        self._newest_seen: datetime | None = None
        self._checks = 0
        self._has_ended = False
        self.active_at = time.monotonic()

    def start(self) -> None:
        """Start polling for the signed-in account."""
        if self._timer is None:
            self._timer = self._app.set_interval(POLL_SECONDS, self.check)

    def stop(self) -> None:
        """Stop polling and reset the state."""
        if self._timer:
            self._timer.stop()
        self._timer = self._etag = self._newest_seen = None
        self._has_ended = False

    def record_activity(self) -> None:
        """Record user activity."""
        self.active_at = time.monotonic()
        self._has_ended = False

    def mark_seen(self, page: MessagesPage) -> None:
        """Record the newest messages shown, so that only later ones count as new."""
        newest = page.rows[0].received_at if page.rows else datetime.min.replace(tzinfo=UTC)
        self._newest_seen = max(newest, self._newest_seen or newest)

    @property
    def is_due(self) -> bool:
        """Whether the user is signed in and a poll is due."""
        from shared.accounts import SecondStep

        account = self._portal.session.account
        return (
            self._portal.client.token is not None
            and account is not None
            and account.second_step is not SecondStep.NONE
            and not self._has_ended
            and (self.idle_seconds < ACTIVE_SECONDS or self._checks % IDLE_POLLS == 0)
        )

    @property
    def idle_seconds(self) -> float:
        """The seconds since the user was last active."""
        return time.monotonic() - self.active_at

    @property
    def _screen(self) -> ShowsMessages | None:
        # The timer can fire while the program is ending, without a screen.
        screen = next(reversed(self._app.screen_stack), None)
        return screen if isinstance(screen, ShowsMessages) else None

    def check(self) -> None:
        """Poll for new messages if it is due."""
        self._checks += 1
        if self.is_due:
            self._app.run_worker(self._poll(), group="news", exclusive=True, exit_on_error=False)

    async def _poll(self) -> None:
        from tui.messages import api

        token = self._portal.client.token
        try:
            response = await api.poll_inbox(self._portal.client, self._etag)
        except PortalError as error:
            # The user's next request shows the error, and asks to sign in again.
            self._has_ended = is_signed_out(error)
            return
        if response is None or token != self._portal.client.token:
            return
        page, self._etag = response
        previous_newest = self._newest_seen
        self.mark_seen(page)
        if screen := self._screen:
            screen.show_new_messages(page)
        if (
            previous_newest is not None
            and self._newest_seen != previous_newest
            and not page.rows[0].read
        ):
            self._app.notify(NEW_MESSAGE, markup=False)
            self._portal.notifier.notify()
