"""A tab line: the sections of a screen, and which one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.commands import command


class Sections(Widget, can_focus=True):
    """A line like `[1 Now]  2 Forms  3 Advice …`; arrows or numbers open a section."""

    DEFAULT_CSS = "Sections { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("sections.left", "left", "go(-1)", "left", "Open the section before.", shown=False),
        command("sections.right", "right", "go(1)", "right", "Open the next section.", shown=False),
        command("sections.into", "down", "app.focus_next", "into", "Go into it.", shown=False),
    ]
    help_text = "Left and Right open the section before or after; Tab or Down goes into it."

    opened: reactive[int] = reactive(0)

    @dataclass
    class Opened(Message):
        """Another section was opened, by its place."""

        place: int

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._spans: list[tuple[int, int]] = []

    def render(self) -> Text:
        """Draw the line; brackets mark the open section without colour."""
        text = Text(no_wrap=True, overflow="ellipsis")
        self._spans = []
        for place, name in enumerate(self._names):
            start = len(text)
            words = f"{place + 1} {name}"
            if place == self.opened:
                text.append(f"[{words}]", Style(bold=True, reverse=self.has_focus))
            else:
                text.append(f" {words} ")
            self._spans.append((start, len(text)))
        return text

    def watch_opened(self, place: int) -> None:
        """Post that another section was opened."""
        if self.is_mounted:
            self.post_message(self.Opened(place))

    def validate_opened(self, place: int) -> int:
        """Clamp the place to the sections."""
        return max(0, min(len(self._names) - 1, place))

    def action_go(self, by: int) -> None:
        """Open the previous or the next section."""
        self.opened += by

    def on_click(self, event: Click) -> None:
        """Open the section that was clicked."""
        for place, (start, end) in enumerate(self._spans):
            if start <= event.x < end:
                self.opened = place
