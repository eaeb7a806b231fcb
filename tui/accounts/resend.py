"""Resend button with a countdown until it is enabled."""

from __future__ import annotations

import time

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Static

from tui.widgets.dialog import SecondaryAction

INITIAL_SECONDS = 30


class Resend(Horizontal):
    """A resend button that is enabled after a countdown.

    `available_at` is the monotonic time at which it is enabled.
    """

    class Requested(Message):
        """Posted when the user presses the button."""

    def __init__(self, label: str) -> None:
        super().__init__(classes="resend")
        self._label = label
        self.available_at = time.monotonic() + INITIAL_SECONDS

    def compose(self) -> ComposeResult:
        """Lay out the button and the countdown."""
        yield SecondaryAction(self._label, id="resend")
        yield Static("", id="wait", markup=False)

    def on_mount(self) -> None:
        """Start the countdown."""
        self.set_interval(1, self.update_countdown)
        self.update_countdown()

    def restart_countdown(self, seconds: int) -> None:
        """Restart the countdown."""
        self.available_at = time.monotonic() + seconds
        self.update_countdown()

    def update_countdown(self) -> None:
        """Update the countdown and the button."""
        remaining = max(0, round(self.available_at - time.monotonic()))
        self.query_one("#resend", Button).disabled = remaining > 0
        seconds = "second" if remaining == 1 else "seconds"
        self.query_one("#wait", Static).update(
            f"You can send it again in {remaining} {seconds}." if remaining else ""
        )

    @on(Button.Pressed, "#resend")
    def _on_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Requested())
