"""Notifications outside the window: the terminal's bell and desktop notifications."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.app import App, SystemCommand

from tui.core.settings import Settings, save_setting

BELL = "\a"
NEW_MESSAGE = "You have a new message."
"""Names no child, because others may see the screen."""
URXVT_TERMINALS = ("rxvt", "foot")
BELL_ONLY_TERMINALS = ("tmux", "screen", "linux", "dumb")

TURN_ON = "Turn on notifications of new messages"
TURN_OFF = "Turn off notifications of new messages"
TOGGLE_HELP = "The terminal's bell, and a notification of the desktop that names no child."
IS_ON = "Notifications are on."
IS_OFF = "Notifications are off. New messages are still shown here."
NOT_STORED = "This lasts until you quit: {} could not be written ({})."


def build_notification(environment: Mapping[str, str], text: str = NEW_MESSAGE) -> str:
    """Build the output that rings a terminal's bell and, if supported, notifies the desktop.

    tmux and screen forward only the bell, and mark the window.
    """
    terminal = environment.get("TERM", "")
    if "TMUX" in environment or terminal.startswith(BELL_ONLY_TERMINALS):
        return BELL
    if terminal.startswith(URXVT_TERMINALS) or "VTE_VERSION" in environment:
        return f"{BELL}\x1b]777;notify;Professional Portal;{text}{BELL}"
    return f"{BELL}\x1b]9;{text}{BELL}"


class DesktopNotifier:
    """Notifies the user outside the window, unless this is switched off."""

    def __init__(self, app: App[None], settings: Settings) -> None:
        self._app = app
        self._path = settings.path
        self.is_on = settings.notify

    def notify(self) -> None:
        """Ring the terminal's bell and notify the desktop."""
        if self.is_on and self._app._driver is not None:
            # The driver writes it between two frames.
            self._app._driver.write(build_notification(os.environ))

    def toggle_command(self) -> SystemCommand:
        """Return the palette command that switches notifications on or off."""
        return SystemCommand(TURN_OFF if self.is_on else TURN_ON, TOGGLE_HELP, self._toggle)

    def _toggle(self) -> None:
        self.is_on = not self.is_on
        text = IS_ON if self.is_on else IS_OFF
        try:
            if self._path is not None:
                save_setting(self._path, "notify", str(self.is_on).lower())
        except OSError as error:
            text = NOT_STORED.format(self._path, error.strerror)
        self._app.notify(text, timeout=8, markup=False)
