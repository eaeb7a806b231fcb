"""A table of rows: draws what fits, asks for more near an edge of what is held."""

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
    """Write a name with what the filter found marked: how its words begin."""
    begins = "|".join(re.escape(word) for word in find.split())
    text = Text(name)
    if begins:
        text.highlight_regex(re.compile(rf"(?<![^\W_])(?:{begins})", re.IGNORECASE), MARK)
    return text


class RowTable(Widget, Generic[RowT], can_focus=True):
    """Rows under headings that sort; the row one stands at is marked `▸` too.

    A subclass names its `HEADINGS` by what they sort by, and the `TAIL` that heads the mark; it
    tells `widths` and `cells`.
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
    class Wanted(Message):
        """A page should be loaded that a cursor leads to."""

        cursor: str

    @dataclass
    class Jumped(Message):
        """The first or the last page is wanted."""

        end: bool

    @dataclass
    class Sorted(Message):
        """A heading was clicked."""

        sort: str

    class Moved(Message):
        """Another row is current."""

    def __init__(self, query: TableQuery, *, id: str) -> None:
        super().__init__(id=id)
        self.list_query = query
        self.window: Window[RowT] | None = None
        self.place = 0
        self._nobody = ""
        self._top = 0

    def widths(self) -> tuple[int, ...]:
        """Cells of each column."""
        raise NotImplementedError

    def cells(self, row: RowT) -> list[Text]:
        """Write a row, a text a column."""
        raise NotImplementedError

    @property
    def current(self) -> RowT | None:
        """The row one stands at."""
        return self.window.row(self.place) if self.window else None

    def show(self, window: Window[RowT], query: TableQuery, place: int, nobody: str = "") -> None:
        """Draw a window of the list and stand at a place in it; `nobody` is said of none."""
        self.window, self.list_query, self._nobody = window, query, nobody
        self._stand(place)

    def join(self, page: Page[RowT], cursor: str) -> None:
        """Take in a page that was wanted: one stands where one stood."""
        if self.window:
            self.window.join(page, cursor, self._top, self._top + self._height - 1)
            self._stand(self.place)

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    def _stand(self, place: int) -> None:
        window = self.window
        if window is None:
            return
        self.place = max(window.start, min(place, window.end - 1))
        height = self._height
        self._top = max(self.place - height + 1, min(self._top, self.place))
        self._top = max(window.start, min(self._top, window.end - height))
        self.refresh()
        self.post_message(self.Moved())
        cursor = window.wanted(self._top, self._top + height - 1)
        if cursor:
            self.post_message(self.Wanted(cursor))

    def action_move(self, rows: int) -> None:
        """Go up or down by rows."""
        self._stand(self.place + rows)

    def action_page(self, pages: int) -> None:
        """Go up or down by what the table shows."""
        self._stand(self.place + pages * max(1, self._height - 1))

    def action_jump(self, end: bool) -> None:
        """Go to the first or the last row, loading it where it is not held."""
        window = self.window
        if window is None:
            return
        if window.next if end else window.previous:
            self.post_message(self.Jumped(end))
        else:
            self._stand(window.end - 1 if end else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down by the wheel."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up by the wheel."""
        event.stop()
        self.action_move(-3)

    async def on_click(self, event: events.Click) -> None:
        """Sort by a heading, stand at a row; a row clicked again is opened."""
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
        again = place == self.place
        self._stand(place)
        if again:
            await self.run_action("screen.open")

    def on_resize(self) -> None:
        """Keep the current row in sight."""
        self._stand(self.place)

    def on_focus(self) -> None:
        """Mark the current row as the one keys go to."""
        self.refresh()

    def on_blur(self) -> None:
        """Mark the current row more quietly."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or one row."""
        if y == 0:
            return self._strip(self._heads(), self.TAIL, Style(bold=True, underline=True))
        place = self._top + y - 1
        row = self.window.row(place) if self.window else None
        if y == 2 and self.window and not self.window.total:
            text = Text(self._nobody, no_wrap=True, end="")
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
