"""The inbox: what the authority wrote, the newest first."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import DataTable, Static

from shared.days import write_received
from tui.core.errors import PortalError
from tui.messages import api
from tui.messages.message import ReadMessage
from tui.widgets.screen import PortalScreen

STATE, SUBJECT, RECEIVED = "state", "subject", "received"
STATE_WIDTH, RECEIVED_WIDTH = 8, 17
EDGES = 11
NEAR_END = 10


class Inbox(PortalScreen):
    """Subject, time and whether it was read; Enter opens a message."""

    WHERE = "Professional Portal › Messages"
    CSS_PATH = "messages.tcss"
    HELP_TEXT = "The arrow keys move in the list, Enter opens a message."

    def __init__(self) -> None:
        super().__init__()
        self._next: str | None = None
        self._opened: ReadMessage | None = None

    def body(self) -> ComposeResult:
        """Lay out the badge's words above the list."""
        yield Static("Messages", id="badge", classes="title", markup=False)
        yield Static("You have no messages.", id="none", markup=False)
        yield DataTable[str](cursor_type="row", cell_padding=1)

    def on_mount(self) -> None:
        """Make the columns."""
        table = self._table
        table.add_column("", key=STATE, width=STATE_WIDTH)
        table.add_column("Subject", key=SUBJECT, width=20)
        table.add_column("Received", key=RECEIVED, width=RECEIVED_WIDTH)
        self.query_one("#none").display = False
        table.focus()

    @property
    def _table(self) -> DataTable[str]:
        return self.query_one(DataTable)

    def on_resize(self, event: Resize) -> None:
        """Give the subject what the other columns leave."""
        column = next(c for key, c in self._table.columns.items() if key.value == SUBJECT)
        column.width = max(20, event.size.width - STATE_WIDTH - RECEIVED_WIDTH - EDGES)
        self._table.refresh(layout=True)

    async def _load(self, cursor: str | None) -> None:
        page = await api.page(self.portal.client, cursor)
        self._next = page.next
        for row in page.rows:
            self._table.add_row(
                _state(row.read),
                row.subject,
                write_received(row.received_at),
                key=str(row.id),
                height=None,
            )
        self._tell(page.unread)
        self.query_one("#none").display = not page.total

    def _tell(self, unread: int) -> None:
        self.query_one("#badge", Static).update(api.unread_words(unread))

    @on(DataTable.RowHighlighted)
    def _load_more(self, event: DataTable.RowHighlighted) -> None:
        if self._next and event.cursor_row >= self._table.row_count - NEAR_END:
            cursor, self._next = self._next, None
            self.call(self._load(cursor), on_error=lambda error: self._not_more(cursor, error))

    def _not_more(self, cursor: str, error: PortalError) -> None:
        self._next = cursor
        self.portal.show_error(error)

    @on(DataTable.RowSelected)
    def _open(self, event: DataTable.RowSelected) -> None:
        self._opened = ReadMessage(event.row_key.value or "")
        self.app.push_screen(self._opened)

    def on_screen_resume(self) -> None:
        """Fill the list; mark what was read meanwhile, and lower the badge."""
        if not self._table.row_count:
            self.call(self._load(None))
        elif self._opened and self._opened.marked:
            self._table.update_cell(self._opened.message, STATE, _state(True))
            self.call(self._count(), group="count")
        self._opened = None

    async def _count(self) -> None:
        self._tell((await api.page(self.portal.client, limit=1)).unread)


def _state(read: bool) -> str:
    return "read" if read else "● unread"
