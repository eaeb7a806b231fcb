"""A table that draws only visible rows and requests pages as needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.focus_marker import CURRENT_MARK, MARK, mark_strip
from tui.widgets.window import Page, RowT, Window

if TYPE_CHECKING:
    from shared.lists import TableQuery

GAP = 2
SURNAME_MIN = 6
"""Minimum width of a surname in cells, however long the first names are."""


class Column(NamedTuple):
    """The width limits of a column; columns with a low rank get space first."""

    min_width: int
    max_width: int
    rank: int


def fit_columns(available: int, columns: Sequence[Column]) -> tuple[int, ...]:
    """Divide the available width among columns; columns that do not fit get 0."""
    widths = [0] * len(columns)
    order = sorted(range(len(columns)), key=lambda index: columns[index].rank)
    for index in order:
        gap = GAP if index else 0
        if available >= columns[index].min_width + gap:
            widths[index] = columns[index].min_width
            available -= columns[index].min_width + gap
    growable = [index for index in order if widths[index]]
    while available > 0 and growable:
        growable = [index for index in growable if widths[index] < columns[index].max_width]
        for index in growable[:available]:
            widths[index] += 1
        available -= len(growable[:available])
    return tuple(widths)


MATCH_STYLE = Style(bold=True, underline=True)


def fit_name(name: str, width: int) -> str:
    """Fit `Surname, First` into a width by shortening the surname, which siblings share."""
    surname, separator, first = name.rpartition(", ")
    if cell_len(name) <= width or not separator:
        return name
    available = max(width - cell_len(f"…, {first}"), SURNAME_MIN)
    if cell_len(surname) <= available:
        return name
    return f"{set_cell_size(surname, available).rstrip()}…, {first}"


def highlight_matches(name: str, find: str) -> Text:
    """Return a name with the word prefixes that match the filter highlighted."""
    prefixes = "|".join(re.escape(word) for word in find.split())
    text = Text(name)
    if prefixes:
        text.highlight_regex(re.compile(rf"(?<![^\W_])(?:{prefixes})", re.IGNORECASE), MATCH_STYLE)
    return text


class RowTable(Widget, Generic[RowT], can_focus=True):
    """A table with sortable headings; `▸` at the left marks the current row without colour.

    A subclass defines `HEADINGS` by sort key, `widths` and `cells`.
    """

    HEADINGS: ClassVar[Mapping[str, str]] = {}

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
        """Posted when the page at a cursor is needed."""

        cursor: str

    @dataclass
    class Jumped(Message):
        """Posted when the first or the last page is needed."""

        end: bool

    @dataclass
    class Sorted(Message):
        """Posted when a heading is clicked."""

        sort: str

    class Moved(Message):
        """Posted when the current row has changed."""

    def __init__(self, query: TableQuery, *, id: str) -> None:
        super().__init__(id=id)
        self.list_query = query
        self.window: Window[RowT] | None = None
        self.index = 0
        self._empty_message = ""
        self._top = 0
        self._is_jumping = False

    def headings(self) -> Mapping[str, str]:
        """Return the heading of each column; those of `HEADINGS` can be sorted by."""
        return self.HEADINGS

    def widths(self) -> tuple[int, ...]:
        """Return the width of each column in cells; 0 hides the column."""
        raise NotImplementedError

    def cells(self, row: RowT) -> list[Text]:
        """Return the text of each column of a row."""
        raise NotImplementedError

    @property
    def current(self) -> RowT | None:
        """The current row."""
        return self.window.row(self.index) if self.window else None

    def show(
        self, window: Window[RowT], query: TableQuery, index: int, empty_message: str = ""
    ) -> None:
        """Show a window of the list with the row at `index` current, or the `empty_message`."""
        self.window, self.list_query, self._empty_message = window, query, empty_message
        self._is_jumping = False
        self._move_to(index)

    def add_page(self, page: Page[RowT], cursor: str) -> None:
        """Add a requested page, keeping the current row."""
        if self.window:
            self.window.add_page(page, cursor, self._top, self._top + self._height - 1)
            self._move_to(self.index)

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    def _move_to(self, index: int) -> None:
        window = self.window
        if window is None:
            return
        self.index = max(window.start, min(index, window.end - 1))
        height = self._height
        self._top = max(self.index - height + 1, min(self._top, self.index))
        self._top = max(window.start, min(self._top, window.end - height))
        self.refresh()
        self.post_message(self.Moved())
        cursor = window.cursor_to_load(self._top, self._top + height - 1)
        if cursor:
            self.post_message(self.PageNeeded(cursor))

    def action_move(self, rows: int) -> None:
        """Move up or down by rows."""
        self._move_to(self.index + rows)

    def action_page(self, pages: int) -> None:
        """Move up or down by a screenful."""
        self._move_to(self.index + pages * max(1, self._height - 1))

    def action_jump(self, end: bool) -> None:
        """Move to the first or the last row, loading its page if needed."""
        window = self.window
        if window is None:
            return
        # A jump whose page is still loading would undo this one once it is there.
        if self._is_jumping or (window.next if end else window.previous):
            self._is_jumping = True
            self.post_message(self.Jumped(end))
        else:
            self._move_to(window.end - 1 if end else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self.action_move(-3)

    async def on_click(self, event: events.Click) -> None:
        """Sort by a heading, select a row, or open the current row."""
        if event.y == 0:
            left = len(MARK)
            for column, width in zip(self.headings(), self.widths(), strict=False):
                left += width + GAP if width else 0
                if event.x < left:
                    if column in self.HEADINGS:
                        self.post_message(self.Sorted(column))
                    return
            return
        index = self._top + event.y - 1
        if self.window is None or self.window.row(index) is None:
            return
        is_current = index == self.index
        self._move_to(index)
        if is_current:
            await self.run_action("screen.open")

    def on_resize(self) -> None:
        """Keep the current row visible."""
        self._move_to(self.index)

    def on_focus(self) -> None:
        """Highlight the current row."""
        self.refresh()

    def on_blur(self) -> None:
        """Dim the current row."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the headings or one row."""
        if y == 0:
            return self._row_strip(self.heading_cells(), Style(bold=True, underline=True))
        index = self._top + y - 1
        row = self.window.row(index) if self.window else None
        if y >= 2 and self.window and not self.window.total:
            return self._to_strip(self._message_line(y - 2), Style())
        if row is None:
            return Strip.blank(self.size.width, self.rich_style)
        if index != self.index:
            return self._row_strip(self.cells(row), Style())
        strip = self._row_strip(self.cells(row), Style(reverse=self.has_focus, bold=True))
        mark = MARK if self.has_focus else CURRENT_MARK
        return Strip.join([mark_strip(self, mark), strip.crop(len(MARK))])

    def heading_cells(self) -> list[Text]:
        """Return the headings, with an arrow at the sorted column."""
        arrow = "▼" if self.list_query.descending else "▲"
        cells = []
        for (column, text), width in zip(self.headings().items(), self.widths(), strict=False):
            if column == self.list_query.sort:
                text += f" {arrow}" if len(text) + 1 < width else arrow
            cells.append(Text(text))
        return cells

    def _message_line(self, y: int) -> Text:
        """Return a line of the message of an empty list, which is wrapped to the width."""
        width = max(1, self.size.width - len(MARK))
        lines = Text(self._empty_message).wrap(self.app.console, width)
        line = lines[y] if y < len(lines) else Text()
        return Text(" " * len(MARK), no_wrap=True, end="").append_text(line)

    def _row_strip(self, cells: list[Text], style: Style) -> Strip:
        line = Text(" " * len(MARK), no_wrap=True, end="")
        for index, (cell, width) in enumerate(zip(cells, self.widths(), strict=True)):
            if not width:
                continue
            if width:
                cell.truncate(width, overflow="ellipsis", pad=True)
                line.append(" " * GAP if index else "").append_text(cell)
        return self._to_strip(line, style)

    def _to_strip(self, line: Text, style: Style) -> Strip:
        segments = Segment.apply_style(line.render(self.app.console), self.rich_style + style)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)
