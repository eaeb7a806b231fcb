"""A one-line input with undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from tui.core.commands import command

MAX_STEPS = 100
"""Maximum number of undo steps."""


@dataclass(frozen=True)
class Edit:
    """A change from one text to another, each with its cursor position."""

    before: str
    start: int
    after: str
    end: int

    def continues(self, other: Edit) -> bool:
        """Return whether this edit typed or deleted one more character of the same word."""
        grown = len(self.after) - len(self.before)
        return (
            abs(grown) == 1
            and grown * (len(other.after) - len(other.before)) > 0
            and self.start == other.end
            and not self.after[self.start : self.end].isspace()
        )


class LineInput(Input):
    """Textual's `Input` with undo and redo, which it lacks.

    A word that is typed or deleted is one step. If the program changes the text, the steps before
    are dropped, as they belong to another text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        command("line.undo", "ctrl+z", "undo", "undo", "Undo the last change.", show=False),
        command("line.redo", "ctrl+y", "redo", "redo", "Do it again.", show=False),
    ]
    _undone: tuple[Edit, ...] = ()
    _done: tuple[Edit, ...] = ()

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the text; every edit by the user calls this."""
        before, position = self.value, self.cursor_position
        super().replace(text, start, end)
        if self.value == before:
            return
        edit = Edit(before, position, self.value, self.cursor_position)
        done = self._done if self._done and self._done[-1].after == before else ()
        if done and edit.continues(done[-1]):
            edit = Edit(done[-1].before, done[-1].start, edit.after, edit.end)
            done = done[:-1]
        self._done, self._undone = (*done, edit)[-MAX_STEPS:], ()

    def action_undo(self) -> None:
        """Undo the last step."""
        if self._done and self._done[-1].after == self.value:
            *done, edit = self._done
            self._done, self._undone = tuple(done), (*self._undone, edit)
            self._show(edit.before, edit.start)

    def action_redo(self) -> None:
        """Repeat the step that was undone last."""
        if self._undone and self._undone[-1].before == self.value:
            *undone, edit = self._undone
            self._undone, self._done = tuple(undone), (*self._done, edit)
            self._show(edit.after, edit.end)

    def _show(self, text: str, position: int) -> None:
        self.value = text
        self.cursor_position = position
