"""The step bar of a form, with the progress of each step."""

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

OPEN_STYLE = Style(bold=True, reverse=True)
POINTED_STYLE = Style(bold=True, underline=True)
PLAIN_STYLE = Style()
DIGITS = frozenset("123456789")


class StepBar(Widget, can_focus=True):
    """A bar such as `1✓Work 2◐Needs …`; arrows point, Enter or a digit opens a step."""

    DEFAULT_CSS = "StepBar { height: 1; padding: 0 0 0 1; }"
    HELP_TEXT = (
        "✓ is done, ◐ is started, ✗ has something to look at, – does not apply. The arrow keys "
        "point at a step, Enter opens it; so does its number."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("steps.left", "left", "point(-1)", "left", "Point at the step before.", show=False),
        command("steps.right", "right", "point(1)", "right", "Point at the next step.", show=False),
        command("steps.open", "enter", "open", "open", "Open the step pointed at."),
        command("steps.close", "escape", "close", "close", "Go back into the step that is open."),
    ]

    opened: reactive[int] = reactive(0)
    pointed: reactive[int] = reactive(0)
    signs: reactive[tuple[str, ...]] = reactive(())

    @dataclass
    class Chosen(Message):
        """Posted when a step is chosen."""

        index: int

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.help_text = self.HELP_TEXT
        self._names = tuple(names)
        self._spans: list[tuple[int, int]] = []
        self._previous_focus: Widget | None = None

    def render(self) -> Text:
        """Draw the bar."""
        text = Text(no_wrap=True, overflow="ellipsis")
        self._spans = []
        for index, name in enumerate(self._names):
            sign = self.signs[index] if index < len(self.signs) else "·"
            start = len(text)
            style = OPEN_STYLE if index == self.opened else PLAIN_STYLE
            if self.has_focus and index == self.pointed and index != self.opened:
                style = POINTED_STYLE
            text.append(f"{index + 1}{sign}{name}", style)
            self._spans.append((start, len(text)))
            text.append(" ")
        text.right_crop(1)
        return text

    def watch_opened(self, index: int) -> None:
        """Point at the step that is open."""
        self.pointed = index

    def action_point(self, step: int) -> None:
        """Point at another step."""
        self.pointed = max(0, min(len(self._names) - 1, self.pointed + step))

    def action_open(self) -> None:
        """Open the step pointed at."""
        self.post_message(self.Chosen(self.pointed))

    def take_focus(self) -> None:
        """Take the focus until Esc returns it."""
        self._previous_focus = self.screen.focused
        self.screen.set_focus(self)  # at once, because keys pressed after F2 are meant for the bar

    def action_close(self) -> None:
        """Return the focus to the open step."""
        if self._previous_focus is not None and self._previous_focus.is_attached:
            self._previous_focus.focus()
        else:
            self.post_message(self.Chosen(self.opened))

    def on_key(self, event: Key) -> None:
        """Open a step when its number is pressed."""
        index = int(event.character or 0) - 1 if event.character in DIGITS else -1
        if 0 <= index < len(self._names):
            event.stop()
            self.post_message(self.Chosen(index))

    def on_click(self, event: Click) -> None:
        """Open the step that was clicked."""
        for index, (start, end) in enumerate(self._spans):
            if start <= event.x - 1 < end:
                self.post_message(self.Chosen(index))
