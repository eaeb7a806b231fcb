"""The steps of a form on one line: the progress of each, and which is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.events import Click, Key
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.commands import command

OPEN = Style(bold=True, reverse=True)
POINTED = Style(bold=True, underline=True)
PLAIN = Style()
DIGITS = frozenset("123456789")


class StepBar(Widget, can_focus=True):
    """A line like `1✓Work 2◐Needs …`; arrows point, Enter or a digit opens."""

    DEFAULT_CSS = "StepBar { height: 1; padding: 0 0 0 1; }"
    HELP_TEXT = (
        "✓ is done, ◐ is started, ✗ has something to look at, – does not apply. The arrow keys "
        "point at a step, Enter opens it; so does its number."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command(
            "steps.left", "left", "point(-1)", "left", "Point at the step before.", shown=False
        ),
        command(
            "steps.right", "right", "point(1)", "right", "Point at the next step.", shown=False
        ),
        command("steps.open", "enter", "open", "open", "Open the step pointed at."),
        command("steps.close", "escape", "close", "close", "Go back into the step that is open."),
    ]

    opened: reactive[int] = reactive(0)
    pointed: reactive[int] = reactive(0)
    signs: reactive[tuple[str, ...]] = reactive(())

    @dataclass
    class Chosen(Message):
        """A step was chosen, by its place."""

        place: int

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.help_text = self.HELP_TEXT
        self._names = tuple(names)
        self._spans: list[tuple[int, int]] = []
        self._before: Widget | None = None

    def render(self) -> Text:
        """Draw the line."""
        text = Text(no_wrap=True, overflow="ellipsis")
        self._spans = []
        for place, name in enumerate(self._names):
            sign = self.signs[place] if place < len(self.signs) else "·"
            start = len(text)
            style = OPEN if place == self.opened else PLAIN
            if self.has_focus and place == self.pointed and place != self.opened:
                style = POINTED
            text.append(f"{place + 1}{sign}{name}", style)
            self._spans.append((start, len(text)))
            text.append(" ")
        text.right_crop(1)
        return text

    def watch_opened(self, place: int) -> None:
        """Point at the step that is open."""
        self.pointed = place

    def action_point(self, by: int) -> None:
        """Point at another step."""
        self.pointed = max(0, min(len(self._names) - 1, self.pointed + by))

    def action_open(self) -> None:
        """Open the step pointed at."""
        self.post_message(self.Chosen(self.pointed))

    def take_focus(self) -> None:
        """Take the focus; Esc gives it back."""
        self._before = self.screen.focused
        self.screen.set_focus(self)  # at once: the keys after F2 are meant for the line

    def action_close(self) -> None:
        """Go back into the open step, to the widget that had the focus."""
        if self._before is not None and self._before.is_attached:
            self._before.focus()
        else:
            self.post_message(self.Chosen(self.opened))

    def on_key(self, event: Key) -> None:
        """Open a step by its number."""
        place = int(event.character or 0) - 1 if event.character in DIGITS else -1
        if 0 <= place < len(self._names):
            event.stop()
            self.post_message(self.Chosen(place))

    def on_click(self, event: Click) -> None:
        """Open the step that was clicked."""
        for place, (start, end) in enumerate(self._spans):
            if start <= event.x - 1 < end:
                self.post_message(self.Chosen(place))
