"""The step bar of a form, with the progress of each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.events import Click, Key
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.commands import command

MARKED_STYLE = Style(bold=True, reverse=True)
OPEN_STYLE = Style(bold=True)
PLAIN_STYLE = Style()
DIGITS = frozenset("123456789")


class StepBar(Widget, can_focus=True):
    """A bar such as `1✓ ▸2◐ Needs 3·  Step 2 of 3`.

    The arrow keys move the highlight; Enter or a digit opens a step. The open step always shows its
    name; the others show theirs only if all names fit. Steps that do not fit are replaced with `…`
    at either end.
    """

    DEFAULT_CSS = "StepBar { height: 1; padding: 0 1; }"
    HELP_TEXT = (
        "✓ is done, ◐ is started, ✗ has something to look at, – does not apply. {steps.left} and "
        "{steps.right} mark a step, {steps.open} opens it; so does its number. On the right is "
        "how many answers that the authority expects are empty."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("steps.left", "left", "point(-1)", "left", "Mark the step before.", show=False),
        command("steps.right", "right", "point(1)", "other step", "Mark the next step."),
        command("steps.open", "enter", "open", "open marked step", "Open the step that is marked."),
        command("steps.close", "escape", "close", "stay here", "Go back into the open step."),
    ]

    open_index: reactive[int] = reactive(0)
    pointed_index: reactive[int] = reactive(0)
    symbols: reactive[tuple[str, ...]] = reactive(())
    empty_count: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """Posted when a step is chosen."""

        index: int

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        """Create the bar from the title and short name of each step."""
        super().__init__()
        self.help_text = self.HELP_TEXT
        self._names = tuple(names)
        self._spans: dict[int, tuple[int, int]] = {}
        self._previous_focus: Widget | None = None

    def render(self) -> Text:
        """Render the steps, with the progress on the right; empty until a step is shown."""
        if not self.symbols:
            return Text("")
        progress = f"Step {self.open_index + 1} of {len(self._names)}"
        if self.empty_count:
            answers = "answer" if self.empty_count == 1 else "answers"
            full = f"{progress} · {self.empty_count} expected {answers} empty"
            progress = f"{progress} · {self.empty_count} empty"
            if self._has_room(self._room_beside(full), self._room_beside(progress)):
                progress = full
        available = self._room_beside(progress)
        cells = self._fitting_cells(available)
        first, last = self._visible_range(cells, available)
        text = Text("… " if first else "", no_wrap=True, overflow="ellipsis")
        self._spans = {}
        for index in range(first, last + 1):
            start = text.cell_len
            text.append(cells[index], self._style(index))
            self._spans[index] = (start, text.cell_len)
            text.append(" ")
        if last < len(cells) - 1:
            text.append("…")
        text.append(" " * (self.size.width - text.cell_len - cell_len(progress)))
        return text.append(progress)

    def _room_beside(self, progress: str) -> int:
        return self.size.width - cell_len(progress) - 2

    def _has_room(self, available: int, most: int) -> bool:
        """Return whether the steps look the same in the available room as in the most."""
        cells = self._fitting_cells(available)
        return cells == self._fitting_cells(most) and cell_len(" ".join(cells)) <= available

    def _fitting_cells(self, available: int) -> list[str]:
        """Return the text of each step, with the names that fit."""
        title_indexes = (
            {self.open_index, self.pointed_index} if self.has_focus else {self.open_index}
        )
        titles = {index: self._names[index][0] for index in title_indexes}
        short = {index: name for index, (_, name) in enumerate(self._names)}
        for names in (short | titles, titles):
            cells = self._cells(names)
            if cell_len(" ".join(cells)) <= available:
                return cells
        return self._cells({index: short[index] for index in title_indexes})

    def _cells(self, names: Mapping[int, str]) -> list[str]:
        cells = [f"{index + 1}{symbol}" for index, symbol in enumerate(self.symbols)]
        cells[self.open_index] = f"▸{cells[self.open_index]}"
        has_all = len(names) == len(cells)
        for index, name in names.items():
            cells[index] += name if has_all else f" {name}"
        return cells

    def _visible_range(self, cells: list[str], available: int) -> tuple[int, int]:
        """Return the first and last step that fit around the current one."""
        first = last = middle = self.pointed_index if self.has_focus else self.open_index
        end = len(cells) - 1
        while True:
            wider = ((first - 1, last), (first, last + 1))
            for start, stop in sorted(wider, key=lambda span: abs(sum(span) - 2 * middle)):
                marks = 2 * (start > 0) + 2 * (stop < end)
                fits = cell_len(" ".join(cells[max(start, 0) : stop + 1])) + marks <= available
                if start >= 0 and stop <= end and fits:
                    first, last = start, stop
                    break
            else:
                return first, last

    def _style(self, index: int) -> Style:
        if self.has_focus and index == self.pointed_index:
            return MARKED_STYLE
        return OPEN_STYLE if index == self.open_index else PLAIN_STYLE

    def watch_open_index(self, index: int) -> None:
        """Move the highlight to the open step."""
        self.pointed_index = index

    def action_point(self, offset: int) -> None:
        """Move the highlight by `offset` steps."""
        self.pointed_index = max(0, min(len(self._names) - 1, self.pointed_index + offset))

    def action_open(self) -> None:
        """Open the highlighted step."""
        self.post_message(self.Chosen(self.pointed_index))

    def take_focus(self) -> None:
        """Focus the bar until Esc returns the focus, with the highlight at the open step."""
        if self.screen.focused is self:
            return
        self._previous_focus = self.screen.focused
        self.pointed_index = self.open_index
        self.screen.set_focus(self)  # immediately, as the next key is meant for the bar

    def action_close(self) -> None:
        """Return the focus to the open step."""
        if self._previous_focus is not None and self._previous_focus.is_attached:
            self._previous_focus.focus()
        else:
            self.post_message(self.Chosen(self.open_index))

    def on_key(self, event: Key) -> None:
        """Open a step when its number is pressed."""
        index = int(event.character or 0) - 1 if event.character in DIGITS else -1
        if 0 <= index < len(self._names):
            event.stop()
            self.post_message(self.Chosen(index))

    def on_click(self, event: Click) -> None:
        """Open the step that was clicked."""
        for index, (start, end) in self._spans.items():
            if start <= event.x - 1 < end:
                self.post_message(self.Chosen(index))
