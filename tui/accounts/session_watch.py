"""Warns before an idle session ends, so that the user can extend it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.timer import Timer

from tui.core.errors import PortalError, Unreachable
from tui.widgets.dialog import ChoiceDialog

if TYPE_CHECKING:
    from tui.core.portal import Portal

WARNING_SECONDS = 120.0
MINUTE_SECONDS = 60.0
"""The server's idle time may differ by a minute, because it records activity once a minute."""

MIN_DELAY_SECONDS = 0.05

WARNING = (
    "You have not used the portal for a while. To keep your work safe you will be signed out in "
    "2 minutes. What you typed is kept."
)
ANSWERS = (("stay", "Stay signed in"), ("out", "Sign out"))


class SessionWatch:
    """Measures idle time since the server's last response to a user's request."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._idle_limit = 0.0
        self._active_at = 0.0

    def record_activity(self) -> None:
        """Record user activity, so that no warning appears while the user is typing."""
        self._active_at = time.monotonic()

    def start(self, idle_minutes: int) -> None:
        """Start watching a new or renewed session."""
        self._idle_limit = idle_minutes * 60.0
        self._schedule_check(self._seconds_to_warning())

    def stop(self) -> None:
        """Stop watching."""
        if self._timer:
            self._timer.stop()

    def _seconds_to_warning(self) -> float:
        """Return the seconds until the warning is due."""
        idle_seconds = time.monotonic() - self._portal.client.last_response_at
        return (
            self._idle_limit
            - min(WARNING_SECONDS + MINUTE_SECONDS, self._idle_limit / 2)
            - idle_seconds
        )

    def _schedule_check(self, seconds: float) -> None:
        self.stop()
        self._timer = self._app.set_timer(max(MIN_DELAY_SECONDS, seconds), self._check)

    def _check(self) -> None:
        seconds = self._seconds_to_warning()
        if seconds > 0:
            self._schedule_check(seconds)
        elif self._portal.client.token and time.monotonic() - self._active_at < WARNING_SECONDS:
            self._app.run_worker(self._extend(), group="stay", exit_on_error=False)
        elif self._portal.client.token:
            question = ChoiceDialog("Are you still there?", WARNING, ANSWERS)
            self._app.push_screen(question, self._on_answer)

    def _on_answer(self, answer: str | None) -> None:
        if answer == "out":
            self._portal.session.sign_out()
        else:
            self._app.run_worker(self._extend(), group="stay", exit_on_error=False)

    async def _extend(self) -> None:
        from tui.accounts import api

        try:
            await api.get_session(self._portal.client)
        except Unreachable:
            self._schedule_check(MINUTE_SECONDS)
        except PortalError as error:
            self._portal.show_error(error)
        else:
            self._schedule_check(self._seconds_to_warning())
