"""The inbox: what the authority wrote, the newest first."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import ClassVar
from uuid import UUID

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widgets import DataTable, Input, Select, Static

from shared.messages import MessageQuery, MessageRow, MessagesPage, MessageView
from shared.values.days import write_received
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.messages import api
from tui.messages.message import ReadMessage
from tui.widgets.screen import PortalScreen

STATE, SUBJECT, RECEIVED = "state", "subject", "received"
FILTER_HELP = "Find messages by their words."
STATE_WIDTH, RECEIVED_WIDTH = 8, 17
EDGES = 11
NEAR_END = 10
VIEWS = {
    MessageView.INBOX: "Inbox",
    MessageView.UNREAD: "Unread",
    MessageView.ARCHIVED: "Archived",
}
NONE = {
    MessageView.INBOX: "You have no messages.",
    MessageView.UNREAD: "You have no unread messages.",
    MessageView.ARCHIVED: "You have no archived messages.",
}


class MessageTable(DataTable[Text]):
    """The rows of the inbox; the footer names what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("messages.open", "enter", "select_cursor", "open", "Open the message."),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=1)


class Inbox(PortalScreen):
    """Subject, time and whether it was read; a view and a filter, and as many pages as one sees."""

    WHERE = "Professional Portal › Messages"
    CSS_PATH = "messages.tcss"
    AUTO_FOCUS = "MessageTable"
    HELP_TEXT = (
        "The arrow keys move in the list, Enter opens a message. Type into the filter to find "
        "words of a message. An archived message is out of the inbox, never deleted: the view "
        "Archived lists it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("messages.filter", "slash", "filter", "filter", FILTER_HELP, first=True),
        command("messages.read", "u", "mark(True)", "read", "Mark the message as read."),
        command("messages.unread", "u", "mark(False)", "unread", "Mark the message as unread."),
        command("messages.archive", "a", "archive(True)", "archive", "Put the message away."),
        command("messages.back", "a", "archive(False)", "put back", "Put it into the inbox again."),
        command("messages.view", "v", "view", "view", "Show the next view.", shown=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._query = api.INBOX
        self._rows: list[MessageRow] = []
        self._next: str | None = None
        self._total = self._unread = 0
        self._opened: ReadMessage | None = None

    def body(self) -> ComposeResult:
        """Lay out the badge's words, then the filter, above the list."""
        yield Static("Messages", id="badge", classes="title", markup=False)
        with Horizontal(id="filter-line"):
            yield Static("/", classes="label")
            yield Input(placeholder="Filter", id="filter", compact=True, max_length=200)
            yield Static("View (v):", classes="label")
            yield Select(
                [(words, view) for view, words in VIEWS.items()],
                value=MessageView.INBOX, allow_blank=False, compact=True, id="view",
            )  # fmt: skip
            yield Static("", id="found", markup=False)
        yield Static("", id="none", markup=False)
        yield MessageTable()

    def on_mount(self) -> None:
        """Make the columns."""
        table = self._table
        table.add_column("", key=STATE, width=STATE_WIDTH)
        table.add_column("Subject", key=SUBJECT, width=20)
        table.add_column("Received", key=RECEIVED, width=RECEIVED_WIDTH)
        self.query_one("#none").display = False

    @property
    def _table(self) -> MessageTable:
        return self.query_one(MessageTable)

    @property
    def _current(self) -> MessageRow | None:
        place = self._table.cursor_row
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def on_resize(self, event: Resize) -> None:
        """Give the subject what the other columns leave."""
        column = next(c for key, c in self._table.columns.items() if key.value == SUBJECT)
        column.width = max(20, event.size.width - STATE_WIDTH - RECEIVED_WIDTH - EDGES)
        self._table.refresh(layout=True)

    def on_screen_resume(self) -> None:
        """Fill the list; on coming back from a message, say that it was read."""
        if not self._rows:
            self._begin()
        elif self._opened and self._opened.marked:
            self._take_mark(UUID(self._opened.message), read=True)
        self._opened = None

    def _begin(self) -> None:
        self.call(self._load(), group="list")

    async def _load(self) -> None:
        query = self._query
        page = await api.page(self.portal.client, query)
        if query == api.INBOX:
            self.portal.saw_messages(page)
        self._rows, self._next = page.rows, page.next
        self._show(page, stay_at=None)

    def take_news(self, page: MessagesPage) -> None:
        """Show what is new at the top, without leaving the message one stands at."""
        self._unread = page.unread
        if self._query != api.INBOX:
            self._tell()
            return
        current = self._current
        held = {row.id for row in page.rows}
        older = [
            row
            for row in self._rows
            if page.next and row.id not in held and row.received_at <= page.rows[-1].received_at
        ]
        self._rows = page.rows + older
        self._next = self._next if older else page.next
        self._show(page, stay_at=current)

    def _show(self, page: MessagesPage, *, stay_at: MessageRow | None) -> None:
        self._total, self._unread = page.total, page.unread
        table = self._table
        table.clear()
        self._add(self._rows)
        if stay_at and (place := self._place_of(stay_at.id)) is not None:
            table.move_cursor(row=place, animate=False)
        self._tell()

    def _add(self, rows: list[MessageRow]) -> None:
        for row in rows:
            self._table.add_row(*_cells(row), key=str(row.id), height=None)

    def _tell(self) -> None:
        """Say how many there are, and what can be done with the one at the cursor."""
        self.query_one("#badge", Static).update(api.unread_words(self._unread))
        self.query_one("#found", Static).update(f"{self._total:,} found")
        none = self.query_one("#none", Static)
        none.display = not self._total
        find = self._query.find
        none.update(f"No message has “{find}”." if find else NONE[self._query.view])
        self.refresh_bindings()

    def _place_of(self, message: UUID) -> int | None:
        return next((place for place, row in enumerate(self._rows) if row.id == message), None)

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()
        self._load_more()

    def _load_more(self) -> None:
        if self._next and self._table.cursor_row >= len(self._rows) - NEAR_END:
            cursor, self._next = self._next, None
            self.call(
                self._join(cursor),
                group="list",
                on_error=lambda error: self._not_more(cursor, error),
            )

    async def _join(self, cursor: str) -> None:
        page = await api.page(self.portal.client, self._query.model_copy(update={"cursor": cursor}))
        self._next = page.next
        more = [row for row in page.rows if self._place_of(row.id) is None]
        self._rows += more
        self._add(more)

    def _not_more(self, cursor: str, error: PortalError) -> None:
        self._next = cursor
        self.portal.show_error(error)

    @on(DataTable.RowSelected)
    def _open(self, event: DataTable.RowSelected) -> None:
        self._opened = ReadMessage(event.row_key.value or "")
        self.app.push_screen(self._opened)

    @on(Input.Changed, "#filter")
    def _find(self, event: Input.Changed) -> None:
        self._ask(self._query.model_copy(update={"find": event.value.strip()}))

    @on(Select.Changed, "#view")
    def _view(self, event: Select.Changed) -> None:
        if isinstance(event.value, MessageView):
            self._ask(self._query.model_copy(update={"view": event.value}))

    def _ask(self, query: MessageQuery) -> None:
        if query != self._query:
            self._query = query
            self._next = None  # of the list that goes
            self._begin()

    @on(Input.Submitted, "#filter")
    def _found(self) -> None:
        self._table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with the message at the cursor; letters are the filter's."""
        if action not in {"filter", "view", "mark", "archive"}:
            return True
        if not self.is_mounted or self.query_one("#filter").has_focus:
            return False
        row = self._current
        if action == "mark":
            return row is not None and parameters == (not row.read,)
        in_inbox = self._query.view is not MessageView.ARCHIVED
        return action != "archive" or (row is not None and parameters == (in_inbox,))

    def action_filter(self) -> None:
        """Go to the filter."""
        self.set_focus(self.query_one("#filter"))

    def action_view(self) -> None:
        """Show the next view."""
        views = list(VIEWS)
        select: Select[MessageView] = self.query_one("#view", Select)
        select.value = views[(views.index(self._query.view) + 1) % len(views)]

    def action_back(self) -> None:
        """From the filter to the list, from there to the place before."""
        if self.query_one("#filter").has_focus:
            self._table.focus()
        else:
            super().action_back()

    def action_mark(self, read: bool) -> None:
        """Mark the current message as read or unread."""
        if row := self._current:
            self._take_mark(row.id, read=read)
            self._change(row, api.mark_read(self.portal.client, row.id, read=read))

    def _take_mark(self, message: UUID, *, read: bool) -> None:
        place = self._place_of(message)
        if place is None or self._rows[place].read is read:
            return
        row = self._rows[place] = self._rows[place].model_copy(update={"read": read})
        for key, cell in zip((STATE, SUBJECT), _cells(row), strict=False):
            self._table.update_cell(str(row.id), key, cell)
        if self._query.view is not MessageView.ARCHIVED:
            self._unread += -1 if read else 1
        self._tell()

    def action_archive(self, archived: bool) -> None:
        """Put the current message away, or back into the inbox."""
        row = self._current
        if row is None:
            return
        del self._rows[self._table.cursor_row]
        self._table.remove_row(str(row.id))
        self._total -= 1
        if not row.read:
            self._unread += -1 if archived else 1
        self._tell()
        self._load_more()
        self._change(row, self._archive(row, archived=archived))

    async def _archive(self, row: MessageRow, *, archived: bool) -> None:
        await api.archive(self.portal.client, row.id, archived=archived)
        done = "Archived. The view Archived lists it." if archived else "It is in the inbox again."
        self.notify(done, markup=False)

    def _change(self, row: MessageRow, work: Coroutine[object, object, None]) -> None:
        # A group for each message: what is done to the next one must not stop it.
        self.call(work, group=f"change {row.id}", on_error=self._not_changed)

    def _not_changed(self, error: PortalError) -> None:
        self.portal.show_error(error)
        self._begin()


def _cells(row: MessageRow) -> tuple[Text, Text, Text]:
    style = "" if row.read else "bold"
    return (
        Text("read" if row.read else "● unread", style),
        Text(row.subject, style),
        Text(write_received(row.received_at)),
    )
