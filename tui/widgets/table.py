"""A table that draws the rows that fit and requests more near its edges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.window import Page, RowT, Window

if TYPE_CHECKING:
    from shared.lists import TableQuery

GAP = 2
MARK = Style(bold=True, underline=True)


def marked(name: str, find: str) -> Text:
    """Return a name with the starts of words that match the filter marked."""
    begins = "|".join(re.escape(word) for word in find.split())
    text = Text(name)
    if begins:
        text.highlight_regex(re.compile(rf"(?<![^\W_])(?:{begins})", re.IGNORECASE), MARK)
    return text


class RowTable(Widget, Generic[RowT], can_focus=True):
    """Rows under headings that sort; `▸` also marks the current row.

    A subclass defines its `HEADINGS` by sort key, the `TAIL` that heads the column of the mark,
    and `widths` and `cells`.
    """

    HEADINGS: ClassVar[Mapping[str, str]] = {}
    TAIL: ClassVar[str] = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "jump(False)", "first", show=False),
        Binding("end", "jump(True)", "last", show=False),
    ]

    @dataclass
    class PageNeeded(Message):
        """The page at a cursor should be loaded."""

        cursor: str

    @dataclass
    class Jumped(Message):
        """The first or the last page should be loaded."""

        end: bool

    @dataclass
    class Sorted(Message):
        """A heading was clicked."""

        sort: str

    class Moved(Message):
        """The current row changed."""

    def __init__(self, query: TableQuery, *, id: str) -> None:
        super().__init__(id=id)
        self.list_query = query
        self.window: Window[RowT] | None = None
        self.place = 0
        self._empty = ""
        self._top = 0

    def widths(self) -> tuple[int, ...]:
        """Return the width of each column in cells."""
        raise NotImplementedError

    def cells(self, row: RowT) -> list[Text]:
        """Return the text of each column of a row."""
        raise NotImplementedError

    @property
    def current(self) -> RowT | None:
        """The current row."""
        return self.window.row(self.place) if self.window else None

    def show(self, window: Window[RowT], query: TableQuery, place: int, empty: str = "") -> None:
        """Show a window of the list at a place, or the `empty` message."""
        self.window, self.list_query, self._empty = window, query, empty
        self._move_to(place)

    def join(self, page: Page[RowT], cursor: str) -> None:
        """Add a page that was requested, keeping the current row."""
        if self.window:
            self.window.join(page, cursor, self._top, self._top + self._height - 1)
            self._move_to(self.place)

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    def _move_to(self, place: int) -> None:
        window = self.window
        if window is None:
            return
        self.place = max(window.start, min(place, window.end - 1))
        height = self._height
        self._top = max(self.place - height + 1, min(self._top, self.place))
        self._top = max(window.start, min(self._top, window.end - height))
        self.refresh()
        self.post_message(self.Moved())
        cursor = window.cursor_to_load(self._top, self._top + height - 1)
        if cursor:
            self.post_message(self.PageNeeded(cursor))

    def action_move(self, rows: int) -> None:
        """Move up or down by rows."""
        self._move_to(self.place + rows)

    def action_page(self, pages: int) -> None:
        """Move up or down by a screenful."""
        self._move_to(self.place + pages * max(1, self._height - 1))

    def action_jump(self, end: bool) -> None:
        """Move to the first or the last row, loading its page if needed."""
        window = self.window
        if window is None:
            return
        if window.next if end else window.previous:
            self.post_message(self.Jumped(end))
        else:
            self._move_to(window.end - 1 if end else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down by the wheel."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up by the wheel."""
        event.stop()
        self.action_move(-3)

    async def on_click(self, event: events.Click) -> None:
        """Sort by a heading, select a row, or open the selected row."""
        if event.y == 0:
            left = 0
            for column, width in zip(self.HEADINGS, self.widths(), strict=False):
                left += width + GAP
                if event.x < left:
                    self.post_message(self.Sorted(column))
                    return
            return
        place = self._top + event.y - 1
        if self.window is None or self.window.row(place) is None:
            return
        is_current = place == self.place
        self._move_to(place)
        if is_current:
            await self.run_action("screen.open")

    def on_resize(self) -> None:
        """Keep the current row visible."""
        self._move_to(self.place)

    def on_focus(self) -> None:
        """Highlight the current row."""
        self.refresh()

    def on_blur(self) -> None:
        """Dim the current row."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or one row."""
        if y == 0:
            return self._strip(self._heads(), self.TAIL, Style(bold=True, underline=True))
        place = self._top + y - 1
        row = self.window.row(place) if self.window else None
        if y == 2 and self.window and not self.window.total:
            text = Text(self._empty, no_wrap=True, end="")
            text.truncate(self.size.width, overflow="ellipsis")
            return self._painted(text, Style())
        if row is None:
            return Strip.blank(self.size.width, self.rich_style)
        current = place == self.place
        style = Style(reverse=self.has_focus, bold=True) if current else Style()
        return self._strip(self.cells(row), "▸" if current else "", style)

    def _heads(self) -> list[Text]:
        arrow = "▼" if self.list_query.descending else "▲"
        return [
            Text(f"{words} {arrow}" if column == self.list_query.sort else words)
            for column, words in self.HEADINGS.items()
        ]

    def _strip(self, cells: list[Text], tail: str, style: Style) -> Strip:
        line = Text(no_wrap=True, end="")
        for cell, width in zip(cells, self.widths(), strict=True):
            cell.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(cell).append(" " * GAP)
        line.append(tail.center(len(self.TAIL)).ljust(len(self.TAIL)))
        return self._painted(line, style)

    def _painted(self, line: Text, style: Style) -> Strip:
        segments = Segment.apply_style(line.render(self.app.console), self.rich_style + style)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)
