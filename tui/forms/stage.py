"""What the editor is at: it reads a form, and then the form is filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.core.errors import PortalError

if TYPE_CHECKING:
    from tui.forms.editor import FormEditor


class Stage:
    """What the editor hands its keys and its ways out to; here, where nothing is shown yet."""

    def __init__(self, editor: FormEditor) -> None:
        self._editor = editor

    @property
    def needs_user(self) -> bool:
        """Whether there is something that F4 opens."""
        return False

    def go_next(self) -> None:
        """Go to the next step."""

    def go_back(self) -> None:
        """Go to the step before."""

    def go_to_bar(self) -> None:
        """Go to the line of steps."""

    def attend(self) -> None:
        """Open what needs the user."""

    def show_where(self) -> None:
        """Show in the header for whom which form is."""

    def show_standing(self) -> None:
        """Show how what was typed stands."""

    def signed_out(self, error: PortalError) -> bool:
        """Note that the session has ended; returns whether the stage shows it by itself."""
        return False

    async def leave(self, go: Callable[[], None]) -> None:
        """Go elsewhere once what is typed is safe."""
        if self._editor.on_top:
            go()

    async def save(self) -> None:
        """Save what is typed before the program ends, or keep it on this machine."""
