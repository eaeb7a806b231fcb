"""Warns before an idle session ends, so that the user can extend it."""

from __future__ import annotations

import time
from typing import cast

from textual.app import App
from textual.timer import Timer

from tui.core.errors import PortalError, Unreachable
from tui.core.portal import Portal
from tui.widgets.dialog import ChoiceDialog

WARN_SECONDS = 120.0
MINUTE_SECONDS = 60.0
"""The server records activity once a minute, so its idle time may differ by this much."""

MIN_WAIT_SECONDS = 0.05

WARNING = (
    "You have not used the portal for a while. To keep your work safe you will be signed out in "
    "2 minutes. What you typed is kept."
)
ANSWERS = (("stay", "Stay signed in"), ("out", "Sign out"))


class SessionWatch:
    """Counts idle time from the server's last reply; any call restarts the count."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._idle_limit = 0.0
        self._active_at = 0.0

    def record_activity(self) -> None:
        """Record user activity, so that a user who is typing is not warned."""
        self._active_at = time.monotonic()

    def start(self, idle_minutes: int) -> None:
        """Start watching a session that was just begun or renewed."""
        self._idle_limit = idle_minutes * 60.0
        self._wait(self._remaining())

    def stop(self) -> None:
        """Stop watching."""
        if self._timer:
            self._timer.stop()

    def _remaining(self) -> float:
        """Return the seconds until the warning is due."""
        idle = time.monotonic() - self._portal.client.last_response_at
        return self._idle_limit - min(WARN_SECONDS + MINUTE_SECONDS, self._idle_limit / 2) - idle

    def _wait(self, seconds: float) -> None:
        self.stop()
        self._timer = self._app.set_timer(max(MIN_WAIT_SECONDS, seconds), self._check)

    def _check(self) -> None:
        remaining = self._remaining()
        if remaining > 0:
            self._wait(remaining)
        elif self._portal.client.token and time.monotonic() - self._active_at < WARN_SECONDS:
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
            self._wait(MINUTE_SECONDS)
        except PortalError as error:
            self._portal.show_error(error)
        else:
            self._wait(self._remaining())
