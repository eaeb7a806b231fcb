"""The table of the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import Column

from shared.messages import MessageRow
from shared.values.days import format_received
from tui.core.commands import command
from tui.widgets.detail import list_width
from tui.widgets.focus_marker import FocusMarker
from tui.widgets.states import coloured_cell

STATE, SUBJECT, RECEIVED = "state", "subject", "received"
STATE_WIDTH, RECEIVED_WIDTH, MIN_SUBJECT_WIDTH = 8, 17, 20
PADDING = 11
NEAR_END_ROWS = 10
"""Number of rows from the end at which the next page is loaded."""


class MessageTable(FocusMarker, DataTable[Text]):
    """The table of messages, with rows as high as their subjects."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("messages.open", "enter", "select_cursor", "open", "Open the message."),
        command("messages.first", "home", "scroll_top", "first", "Go to the first.", show=False),
        command("messages.last", "end", "to_end", "last", "Go to the last.", show=False),
    ]

    class EndRequested(Message):
        """Posted when the user goes to the last message, loaded or not."""

    def action_to_end(self) -> None:
        """Request the last message."""
        self.post_message(self.EndRequested())

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=1, cursor_foreground_priority="renderable")

    def on_mount(self) -> None:
        """Add the columns."""
        self.add_column("", key=STATE, width=STATE_WIDTH)
        self.add_column(
            "Subject", key=SUBJECT, width=_subject_width(list_width(self.app.size.width))
        )
        self.add_column("Received", key=RECEIVED, width=RECEIVED_WIDTH)

    @property
    def mark_line(self) -> int:
        """The line of the current row."""
        above = sum(row.height for row in self.ordered_rows[: self.cursor_row])
        return self.header_height + above - self.scroll_offset.y

    @on(DataTable.RowHighlighted)
    def _move_mark(self) -> None:
        self.refresh()

    @property
    def _subject_column(self) -> Column:
        return next(column for key, column in self.columns.items() if key.value == SUBJECT)

    def fit(self, width: int) -> bool:
        """Give the subject column the remaining width; return whether it changed.

        Rows keep the height that their subjects had before, until they are shown again.
        """
        column = self._subject_column
        previous_width, column.width = column.width, _subject_width(width)
        is_changed = column.width != previous_width
        if is_changed:
            self.refresh(layout=True)
        return is_changed

    @property
    def is_near_end(self) -> bool:
        """Whether the current row is near the end."""
        return self.cursor_row >= self.row_count - NEAR_END_ROWS

    def show(self, rows: Sequence[MessageRow], index: int | None = None) -> None:
        """Replace all messages, and move to the one at `index`."""
        self.clear()
        self.append(rows)
        if index is not None:
            self.move_cursor(row=index, animate=False)

    def append(self, rows: Sequence[MessageRow]) -> None:
        """Append messages."""
        width = self._subject_column.width
        for row in rows:
            cells = _cells(row)
            # To find the height, the table would draw the row a first time.
            height = len(cells[1].wrap(self.app.console, width))
            self.add_row(*cells, key=str(row.id), height=height)

    def replace(self, row: MessageRow) -> None:
        """Update a message after it was marked."""
        for key, cell in zip((STATE, SUBJECT), _cells(row), strict=False):
            self.update_cell(str(row.id), key, cell)


def _subject_width(width: int) -> int:
    return max(MIN_SUBJECT_WIDTH, width - STATE_WIDTH - RECEIVED_WIDTH - PADDING)


def _cells(row: MessageRow) -> tuple[Text, Text, Text]:
    style = "" if row.read else "bold"
    state = coloured_cell("  read" if row.read else "● unread")
    state.stylize(style)
    return (
        state,
        Text(row.subject, style),
        Text(format_received(row.received_at)),
    )
