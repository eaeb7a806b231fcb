"""Base class of the editor's modes: loading a form, then filling it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.core.errors import PortalError

if TYPE_CHECKING:
    from tui.widgets.screen import PortalScreen


class EditorMode:
    """Handles the editor's actions; the defaults apply until the form is loaded."""

    def __init__(self, editor: PortalScreen) -> None:
        self._editor = editor

    @property
    def needs_attention(self) -> bool:
        """Whether anything needs the user's attention."""
        return False

    @property
    def is_at_summary(self) -> bool:
        """Whether the open step is the last one."""
        return False

    def close(self) -> None:
        """Release references that outlive the form's screen."""

    def go_to_next(self) -> None:
        """Go to the next step."""

    def go_to_previous(self) -> None:
        """Go to the previous step."""

    def go_to_submit(self) -> None:
        """Go to Submit on the summary, without pressing it."""

    def focus_step_bar(self) -> None:
        """Focus the step bar."""

    def search_answers(self) -> None:
        """Search the questions and answers of all steps."""

    def open_phrases(self) -> None:
        """Open the user's phrases."""

    def attend(self) -> None:
        """Open whatever needs the user's attention."""

    def show_location(self) -> None:
        """Show the child and the form in the header."""

    def show_save_state(self) -> None:
        """Show the save state."""

    def handle_signed_out(self, error: PortalError) -> bool:
        """Handle the end of the session; return whether the mode shows it itself."""
        return False

    async def leave(self, navigate: Callable[[], None]) -> None:
        """Call `navigate` once the input is safe."""
        if self._editor.is_on_top:
            navigate()

    async def before_quit(self, quit: Callable[[], None]) -> None:
        """Call `quit` once the user has decided about files that are not uploaded."""
        quit()

    async def save(self) -> None:
        """Save or journal the input before the program exits."""
