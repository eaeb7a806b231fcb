"""The table of the inbox, with rows as high as their subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DataTable

from shared.messages import MessageRow
from shared.values.days import write_received
from tui.core.commands import command

STATE, SUBJECT, RECEIVED = "state", "subject", "received"
STATE_WIDTH, RECEIVED_WIDTH, LEAST_SUBJECT = 8, 17, 20
EDGES = 11
NEAR_END = 10
"""How many rows from the end the next page is loaded."""


class MessageTable(DataTable[Text]):
    """The rows of the inbox; the footer names what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("messages.open", "enter", "select_cursor", "open", "Open the message."),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=1)

    def on_mount(self) -> None:
        """Make the columns."""
        self.add_column("", key=STATE, width=STATE_WIDTH)
        self.add_column("Subject", key=SUBJECT, width=LEAST_SUBJECT)
        self.add_column("Received", key=RECEIVED, width=RECEIVED_WIDTH)

    def fit(self, width: int) -> None:
        """Give the subject the width left by the other columns."""
        column = next(c for key, c in self.columns.items() if key.value == SUBJECT)
        column.width = max(LEAST_SUBJECT, width - STATE_WIDTH - RECEIVED_WIDTH - EDGES)
        self.refresh(layout=True)

    @property
    def is_near_end(self) -> bool:
        """Whether the current row is near the end."""
        return self.cursor_row >= self.row_count - NEAR_END

    def show(self, rows: Sequence[MessageRow], place: int | None = None) -> None:
        """Replace the messages, and make the one at `place` current."""
        self.clear()
        self.append(rows)
        if place is not None:
            self.move_cursor(row=place, animate=False)

    def append(self, rows: Sequence[MessageRow]) -> None:
        """Add messages at the end."""
        for row in rows:
            self.add_row(*_cells(row), key=str(row.id), height=None)

    def replace(self, row: MessageRow) -> None:
        """Redraw a message after it was marked."""
        for key, cell in zip((STATE, SUBJECT), _cells(row), strict=False):
            self.update_cell(str(row.id), key, cell)


def _cells(row: MessageRow) -> tuple[Text, Text, Text]:
    style = "" if row.read else "bold"
    return (
        Text("read" if row.read else "● unread", style),
        Text(row.subject, style),
        Text(write_received(row.received_at)),
    )
