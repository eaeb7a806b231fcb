"""A tab bar for the sections of a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.commands import command
from tui.widgets.layouts import Page


def section_keys(screen: str, count: int) -> list[BindingType]:
    """Return the bindings by which the numbers open the sections of a screen."""
    # With priority, a Tab typed right after a number moves on from the opened section.
    first = command(
        f"{screen}.section",
        "1",
        "section(0)",
        "sections",
        "Open a section by its number.",
        priority=True,
    )
    others = [
        Binding(str(index + 1), f"section({index})", show=False, priority=True)
        for index in range(1, count)
    ]
    return [replace(first, key_display=f"1-{count}"), *others]


class Sections(Widget, can_focus=True):
    """A tab bar such as `▸1 Now  2 Forms  3 Advice …`; the arrow keys switch sections."""

    DEFAULT_CSS = "Sections { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("sections.left", "left", "go(-1)", "left", "Open the section before.", show=False),
        command("sections.right", "right", "go(1)", "right", "Open the next section.", show=False),
        command("sections.into", "down", "into", "into", "Go into it.", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]
    help_text = (
        "{sections.left} and {sections.right} open the section before or after; {next} or "
        "{sections.into} goes into it."
    )

    open_index: reactive[int] = reactive(0)

    @dataclass
    class Opened(Message):
        """Posted when another section is opened."""

        index: int

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._spans: list[tuple[int, int]] = []

    def render(self) -> Text:
        """Render the bar; ▸ marks the open section, the only one named if names do not fit."""
        text = Text(no_wrap=True, overflow="ellipsis")
        self._spans = []
        labels = [f"{index + 1} {name}" for index, name in enumerate(self._names)]
        if sum(len(label) + 2 for label in labels) > self.size.width:
            labels = [
                label if index == self.open_index else label[0]
                for index, label in enumerate(labels)
            ]
        for index, label in enumerate(labels):
            start = len(text)
            is_open = index == self.open_index
            text.append("▸" if is_open else " ", "mark")
            style = Style(bold=True, reverse=self.has_focus) if is_open else Style()
            text.append(label, style).append(" ")
            self._spans.append((start, len(text)))
        return text

    def watch_open_index(self, index: int) -> None:
        """Post `Opened`."""
        if self.is_mounted:
            self.post_message(self.Opened(index))

    def validate_open_index(self, index: int) -> int:
        """Clamp the index to the sections."""
        return max(0, min(len(self._names) - 1, index))

    def action_go(self, offset: int) -> None:
        """Open the previous or the next section."""
        self.open_index += offset

    def action_into(self) -> None:
        """Focus the first widget in view of the open section, or the next of the screen."""
        page = self._page
        inside = [widget for widget in self.screen.focus_chain if page in widget.ancestors]
        in_view = [widget for widget in inside if widget.region.y >= page.region.y]
        if page.scroll_offset.y and in_view:
            in_view[0].focus()
        else:
            self.screen.focus_next()

    def action_page(self, offset: int) -> None:
        """Scroll the open section by a page."""
        if offset > 0:
            self._page.scroll_page_down(animate=False)
        else:
            self._page.scroll_page_up(animate=False)

    @property
    def _page(self) -> Page:
        """The page of the open section, which is beside the bar."""
        return next(widget for widget in self.siblings if isinstance(widget, Page))

    def on_click(self, event: Click) -> None:
        """Open the section that was clicked."""
        for index, (start, end) in enumerate(self._spans):
            if start <= event.x < end:
                self.open_index = index
