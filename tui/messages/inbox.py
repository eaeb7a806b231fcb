"""The inbox, which lists messages from the authority, newest first."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from rich.console import RenderableType
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Input, Select, Static

from shared.messages import MessageQuery, MessageRow, MessagesPage, MessageView
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.messages import api
from tui.messages.changes import MessageChanges
from tui.messages.message import ReadMessage, received_text
from tui.messages.message_list import MessageList
from tui.messages.page_loader import PageLoader
from tui.messages.table import MessageTable
from tui.widgets.detail import DetailScreen, build_detail, list_width
from tui.widgets.filter_line import create_filter_line

CHILD_HELP = "List only the messages about the child of this one."
FILTER_HELP = "Find messages by their words."
VIEWS = {
    MessageView.INBOX: "Inbox",
    MessageView.UNREAD: "Unread",
    MessageView.ARCHIVED: "Archived",
}
EMPTY_TEXTS = {
    MessageView.INBOX: "You have no messages.",
    MessageView.UNREAD: "You have no unread messages.",
    MessageView.ARCHIVED: "You have no archived messages.",
}


class Inbox(DetailScreen[UUID]):
    """A list of messages with a view and a filter, loaded page by page.

    It is not a `ListScreen`, because its rows vary in height and its pages are not indexed.
    """

    LOCATION = "Professional Portal › Messages"
    CSS_PATH = "messages.tcss"
    AUTO_FOCUS = "MessageTable"
    HELP_TEXT = (
        "The arrow keys move in the list, {messages.open} opens a message and marks it as read. A "
        "wide window shows the current message beside the list, which does not mark it as read. "
        "Type into the filter to find words of a message. An archived message is out of the inbox, "
        "never deleted: the view Archived lists it."
    )
    HAS_FILTER = True
    BINDINGS: ClassVar[list[BindingType]] = [
        command("messages.all", "c", "child(False)", "all messages", "List all messages again."),
        command("messages.filter", "slash", "filter", "filter", FILTER_HELP, priority=True),
        command("messages.read", "u", "mark(True)", "read", "Mark the message as read."),
        command("messages.unread", "u", "mark(False)", "unread", "Mark the message as unread."),
        command("messages.archive", "a", "archive(True)", "archive", "Put the message away."),
        command("messages.back", "a", "archive(False)", "put back", "Put it into the inbox again."),
        command("messages.child", "c", "child(True)", "this child", CHILD_HELP, show=False),
        command("messages.view", "v", "view", "view", "Show the next view."),
        command("messages.open", "enter", "open", "open", "Open the message."),
    ]

    def __init__(self, person: str | None = None) -> None:
        super().__init__()
        self._list = MessageList(MessageQuery(person=UUID(person) if person else None))
        self._person_name = ""
        self._page_loader = PageLoader(self, self._list)
        self._changes = MessageChanges(self, undo=self._reload)
        self._reader: ReadMessage | None = None

    def body(self) -> ComposeResult:
        """Lay out the badge and the filter above the list."""
        yield Static("Messages", id="badge", classes="title", markup=False)
        label = self.portal.with_keys("{messages.filter}")
        yield create_filter_line(label, "Filter", VIEWS, MessageView.INBOX)
        empty = Static("", id="none", markup=False)
        empty.display = False
        yield empty
        yield MessageTable()
        yield from self.detail_column()

    @property
    def _table(self) -> MessageTable:
        return self.query_one(MessageTable)

    @property
    def _current(self) -> MessageRow | None:
        index, rows = self._table.cursor_row, self._list.rows
        return rows[index] if 0 <= index < len(rows) else None

    @property
    def detail_of(self) -> UUID | None:
        """The id of the current message."""
        return self._current.id if self._current else None

    async def read_detail(self, item: UUID) -> RenderableType:
        """Read a message, without marking it as read."""
        message = await api.read_message(self.portal.client, str(item))
        return build_detail(message.subject, received_text(message), text=message.body)

    def on_resize(self) -> None:
        """Give the subject column the remaining width, and rows the height of their subjects."""
        if self._table.fit(list_width(self.size.width)) and self._list.rows:
            self._table.show(self._list.rows, self._table.cursor_row)

    def load(self) -> None:
        """Load the list, or go to the last message read and update the read marks."""
        reader, self._reader = self._reader, None
        if not self._list.rows:
            self._reload()
        elif reader:
            self._table.append(self._list.rows[self._table.row_count :])
            for message in reader.marked_read:
                self._mark(message, read=True)
            index = self._list.index_of(UUID(reader.message))
            if index is not None:
                self._table.move_cursor(row=index, animate=False)

    def _reload(self) -> None:
        self.call(self._load(), group="list")

    async def _load(self) -> None:
        query = self._list.query
        try:
            page = await self.when_made(api.list_messages(self.portal.client, query))
        except PortalError:
            if query.person is not None:
                self._change_query(person=None)  # the filter by child failed, so list all
            raise
        if query == api.INBOX:
            self.portal.mark_messages_seen(page)
        self._list.replace(page)
        self._person_name = page.about
        self._table.show(self._list.rows)
        self._show_counts()

    def show_new_messages(self, page: MessagesPage) -> None:
        """Show new messages at the top, keeping the current row."""
        if self._list.query == api.INBOX:
            current = self._current
            self._list.refresh(page)
            index = self._list.index_of(current.id) if current else None
            self._table.show(self._list.rows, index)
        else:
            self._list.unread = page.unread
        self._show_counts()

    def _show_counts(self) -> None:
        """Update the counts and the available actions."""
        self.set_location(
            f"{self.LOCATION} › {self._person_name}" if self._person_name else self.LOCATION
        )
        self.query_one("#badge", Static).update(api.badge_text(self._list.unread))
        self.query_one("#found", Static).update(f"{self._list.total:,} found")
        empty = self.query_one("#none", Static)
        empty.display = not self._list.total
        find = self._list.query.find
        empty.update(f"No message has “{find}”." if find else EMPTY_TEXTS[self._list.query.view])
        self.refresh_bindings()
        self.follow_cursor()

    @on(DataTable.RowHighlighted)
    def _on_moved(self) -> None:
        self.refresh_bindings()
        self._page_loader.load_near_end()
        self.follow_cursor()

    @on(MessageTable.EndRequested)
    def _load_rest(self) -> None:
        self._page_loader.load_rest()

    @on(DataTable.RowSelected)
    def _open(self, event: DataTable.RowSelected) -> None:
        self._reader = ReadMessage(event.row_key.value or "", self._list)
        self.app.push_screen(self._reader)

    @on(Input.Changed, "#filter")
    @on(Select.Changed, "#view")
    def _query_changed(self, event: Input.Changed | Select.Changed) -> None:
        if isinstance(event, Input.Changed):
            self._change_query(find=event.value.strip())
        elif isinstance(event.value, MessageView):
            self._change_query(view=event.value)

    def _change_query(self, **changes: object) -> None:
        query = self._list.query.model_copy(update=changes)
        if query != self._list.query:
            self._list.query = query
            self._list.next = None  # the cursor belongs to the previous query
            self._reload()

    @on(Input.Submitted, "#filter")
    def _leave_filter(self) -> None:
        self._table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the actions that apply to the current message, unless the filter is focused."""
        if action not in {"filter", "view", "mark", "archive", "child"}:
            return True
        if not self.is_mounted or self.query_one("#filter").has_focus:
            return False
        row = self._current
        if action == "mark":
            return row is not None and parameters == (not row.read,)
        if action == "child":
            is_filtered = self._list.query.person is not None
            can_filter = row is not None and row.person is not None
            return can_filter and not is_filtered if parameters[0] else is_filtered
        in_inbox = self._list.query.view is not MessageView.ARCHIVED
        return action != "archive" or (row is not None and parameters == (in_inbox,))

    def action_filter(self) -> None:
        """Focus the filter."""
        self.set_focus(self.query_one("#filter"))

    def action_open(self) -> None:
        """Open the current message while the detail has the focus."""
        self._table.action_select_cursor()

    def action_child(self, filtered: bool) -> None:
        """List the messages about the child of the current message, or all messages."""
        row = self._current
        self._change_query(person=row.person if filtered and row else None)

    def action_view(self) -> None:
        """Show the next view."""
        views = list(VIEWS)
        select: Select[MessageView] = self.query_one("#view", Select)
        select.value = views[(views.index(self._list.query.view) + 1) % len(views)]

    def action_back(self) -> None:
        """Go from the filter to the list, or from the list to the previous place."""
        if self.query_one("#filter").has_focus:
            self._table.focus()
        else:
            super().action_back()

    def action_mark(self, read: bool) -> None:
        """Mark the current message as read or unread."""
        if row := self._current:
            self._mark(row.id, read=read)
            self._changes.mark(row, read=read)

    def _mark(self, message: UUID, *, read: bool) -> None:
        if row := self._list.mark(message, read=read):
            self._table.replace(row)
            self._show_counts()

    def action_archive(self, archived: bool) -> None:
        """Archive the current message, or put it back into the inbox."""
        if row := self._current:
            self._list.remove(row, archived=archived)
            self._table.remove_row(str(row.id))
            self._show_counts()
            self._page_loader.load_near_end()
            self._changes.archive(row, archived=archived)
