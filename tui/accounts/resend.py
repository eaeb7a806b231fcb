"""'Send again', enabled thirty seconds after the last time, with a countdown."""

from __future__ import annotations

import time

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Static

from tui.widgets.dialog import Action

SECONDS = 30


class Resend(Horizontal):
    """A button that sends something again once that is allowed.

    `free_at` is the moment, on the machine's monotonic clock, from which on it is.
    """

    class Requested(Message):
        """The user asked to send it again."""

    def __init__(self, words: str) -> None:
        super().__init__(classes="resend")
        self._words = words
        self.free_at = time.monotonic() + SECONDS

    def compose(self) -> ComposeResult:
        """Lay out the button and the wait."""
        yield Action(self._words, id="resend")
        yield Static("", id="wait", markup=False)

    def on_mount(self) -> None:
        """Count down every second."""
        self.set_interval(1, self.show_wait)
        self.show_wait()

    def wait(self, seconds: int) -> None:
        """Restart the wait."""
        self.free_at = time.monotonic() + seconds
        self.show_wait()

    def show_wait(self) -> None:
        """Show how long to wait before it can be sent again."""
        left = max(0, round(self.free_at - time.monotonic()))
        self.query_one("#resend", Button).disabled = left > 0
        seconds = "second" if left == 1 else "seconds"
        self.query_one("#wait", Static).update(
            f"You can send it again in {left} {seconds}." if left else ""
        )

    @on(Button.Pressed, "#resend")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Requested())
