"""A one-line input with undo."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import Focus
from textual.widgets import Input

from tui.core.commands import command
from tui.widgets.headings import truncate

ENTER_HELP = "Go on: to the next field or, after the last, do what the screen is for."
MAX_STEPS = 100
"""Maximum number of undo steps."""


class Edit(NamedTuple):
    """A change of the text, with the cursor positions before and after."""

    before: str
    start: int
    after: str
    end: int

    def continues(self, other: Edit) -> bool:
        """Return whether this edit types or deletes the next character of the same word."""
        growth = len(self.after) - len(self.before)
        return (
            abs(growth) == 1
            and growth * (len(other.after) - len(other.before)) > 0
            and self.start == other.end
            and not self.after[self.start : self.end].isspace()
        )


class LineInput(Input):
    """Textual's `Input` with undo and redo, whose text is not selected on focus.

    Typing or deleting a word is one step. If the program changes the text, earlier steps no longer
    apply and are dropped.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "next", tooltip=ENTER_HELP, show=False),
        command("line.undo", "ctrl+z", "undo", "undo", "Undo the last change.", show=False),
        command("line.redo", "ctrl+y", "redo", "redo", "Redo what was undone.", show=False),
    ]
    replaces = False
    """Whether what is typed replaces the value, as at a path or a day, or is added at its end."""
    _whole_placeholder: str | None = None
    _redo_stack: tuple[Edit, ...] = ()
    _undo_stack: tuple[Edit, ...] = ()

    def on_resize(self) -> None:
        """Show as much of the placeholder as fits, with a sign if it is cut."""
        if self._whole_placeholder is None:
            self._whole_placeholder = self.placeholder
        if self._whole_placeholder and self.size.width:
            self.placeholder = truncate(self._whole_placeholder, self.size.width)

    def on_focus(self, event: Focus) -> None:
        """Put the cursor at the end or, if what is typed replaces the value, select all of it."""
        self.select_on_focus = self.replaces  # Textual's own handler runs after this one
        if not (event.from_app_focus or self.replaces):
            self.cursor_position = len(self.value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the text and record the edit; called on every edit by the user."""
        before, position = self.value, self.cursor_position
        super().replace(text, start, end)
        if self.value == before:
            return
        edit = Edit(before, position, self.value, self.cursor_position)
        undo_stack = (
            self._undo_stack if self._undo_stack and self._undo_stack[-1].after == before else ()
        )
        if undo_stack and edit.continues(undo_stack[-1]):
            edit = Edit(undo_stack[-1].before, undo_stack[-1].start, edit.after, edit.end)
            undo_stack = undo_stack[:-1]
        self._undo_stack, self._redo_stack = (*undo_stack, edit)[-MAX_STEPS:], ()

    def action_undo(self) -> None:
        """Undo the last step."""
        if self._undo_stack and self._undo_stack[-1].after == self.value:
            *undo_stack, edit = self._undo_stack
            self._undo_stack, self._redo_stack = tuple(undo_stack), (*self._redo_stack, edit)
            self._show(edit.before, edit.start)

    def action_redo(self) -> None:
        """Redo the last undone step."""
        if self._redo_stack and self._redo_stack[-1].before == self.value:
            *redo_stack, edit = self._redo_stack
            self._redo_stack, self._undo_stack = tuple(redo_stack), (*self._undo_stack, edit)
            self._show(edit.after, edit.end)

    def _show(self, text: str, position: int) -> None:
        self.value = text
        self.cursor_position = position


class PathInput(LineInput):
    """A path, which is selected as a whole on focus."""

    replaces = True


class PasswordInput(LineInput):
    """A password, which is selected as a whole on focus, as nobody sees where to correct it."""

    replaces = True


class DateInput(LineInput):
    """A date that the user types, which is selected as a whole on focus while it is wrong."""


class DayInput(LineInput):
    """A day that the program filled in, which is selected as a whole on focus."""

    replaces = True
