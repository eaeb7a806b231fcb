"""A warning two minutes before an idle session ends, so that it can be extended."""

from __future__ import annotations

import time
from typing import cast

from textual.app import App
from textual.timer import Timer

from tui.core.errors import PortalError, Unreachable
from tui.core.portal import Portal
from tui.widgets.dialog import Question

WARN = 120.0
MINUTE = 60.0
"""The server notes a use once a minute, so its count may be that much behind ours."""

SOON = 0.05

WORDS = (
    "You have not used the portal for a while. To keep your work safe you will be signed out in "
    "2 minutes. What you typed is kept."
)
ANSWERS = (("stay", "Stay signed in"), ("out", "Sign out"))


class SessionWatch:
    """Counts from the last answer of the server; any call begins the count anew."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._timer: Timer | None = None
        self._idle = 0.0
        self._used_at = 0.0

    def used(self) -> None:
        """Record activity: a user who types is not warned, even over a slow line."""
        self._used_at = time.monotonic()

    def begin(self, idle_minutes: int) -> None:
        """Watch a session that was just begun or renewed."""
        self._idle = idle_minutes * 60.0
        self._wait(self._left())

    def end(self) -> None:
        """Stop watching."""
        if self._timer:
            self._timer.stop()

    def _left(self) -> float:
        """Return the seconds until the warning is due."""
        unused = time.monotonic() - self._portal.client.answered_at
        return self._idle - min(WARN + MINUTE, self._idle / 2) - unused

    def _wait(self, seconds: float) -> None:
        self.end()
        self._timer = self._app.set_timer(max(SOON, seconds), self._due)

    def _due(self) -> None:
        left = self._left()
        if left > 0:
            self._wait(left)
        elif self._portal.client.token and time.monotonic() - self._used_at < WARN:
            self._app.run_worker(self._stay(), group="stay", exit_on_error=False)
        elif self._portal.client.token:
            question = Question("Are you still there?", WORDS, ANSWERS)
            self._app.push_screen(question, self._answered)

    def _answered(self, answer: str | None) -> None:
        if answer == "out":
            self._portal.session.sign_out()
        else:
            self._app.run_worker(self._stay(), group="stay", exit_on_error=False)

    async def _stay(self) -> None:
        from tui.accounts import api

        try:
            await api.session(self._portal.client)
        except Unreachable:
            self._wait(MINUTE)
        except PortalError as error:
            self._portal.show_error(error)
        else:
            self._wait(self._left())
