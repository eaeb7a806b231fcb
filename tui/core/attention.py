"""Attention outside the window: the terminal's bell and a desktop notification."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.app import App, SystemCommand

from tui.core.settings import Settings, save_setting

BELL = "\a"
NEW_MESSAGE = "A new message came."
"""It names no child, because passers-by can read it."""
URXVT_TERMINALS = ("rxvt", "foot")
BELL_ONLY_TERMINALS = ("tmux", "screen", "linux", "dumb")

TURN_ON = "Tell of new messages outside the window"
TURN_OFF = "Do not tell of new messages outside the window"
HELP = "The terminal's bell, and a notification of the desktop that names no child."
IS_ON = "The bell rings when a new message comes."
IS_OFF = "No bell rings any more. New messages are still shown here."
NOT_SAVED = "This is so until you leave: {} could not be written ({})."


def notification(environment: Mapping[str, str], text: str = NEW_MESSAGE) -> str:
    """Return the output that rings a terminal and, if supported, notifies the desktop.

    tmux and screen pass on only the bell, and mark the window with it.
    """
    terminal = environment.get("TERM", "")
    if "TMUX" in environment or terminal.startswith(BELL_ONLY_TERMINALS):
        return BELL
    if terminal.startswith(URXVT_TERMINALS) or "VTE_VERSION" in environment:
        return f"{BELL}\x1b]777;notify;Professional Portal;{text}{BELL}"
    return f"{BELL}\x1b]9;{text}{BELL}"


class Attention:
    """Calls for attention, unless the user has switched that off."""

    def __init__(self, app: App[None], settings: Settings) -> None:
        self._app = app
        self._path = settings.path
        self.is_on = settings.notify

    def call(self) -> None:
        """Ring the terminal's bell and notify the desktop."""
        if self.is_on and self._app._driver is not None:
            # The driver's thread writes it between two frames.
            self._app._driver.write(notification(os.environ))

    def command(self) -> SystemCommand:
        """Return the command that switches it off, or on again."""
        return SystemCommand(TURN_OFF if self.is_on else TURN_ON, HELP, self._toggle)

    def _toggle(self) -> None:
        self.is_on = not self.is_on
        text = IS_ON if self.is_on else IS_OFF
        try:
            if self._path is not None:
                save_setting(self._path, "notify", str(self.is_on).lower())
        except OSError as error:
            text = NOT_SAVED.format(self._path, error.strerror)
        self._app.notify(text, timeout=8, markup=False)
