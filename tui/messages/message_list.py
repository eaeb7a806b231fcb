"""The loaded messages of the inbox, independent of widgets."""

from __future__ import annotations

from uuid import UUID

from shared.messages import MessageQuery, MessageRow, MessagesPage, MessageView


class MessageList:
    """The loaded messages of a query, newest first.

    `next` is the cursor of the next page, `total` the number of matches, and `unread` the number of
    all unread messages.
    """

    def __init__(self, query: MessageQuery) -> None:
        self.query = query
        self.rows: list[MessageRow] = []
        self.next: str | None = None
        self.total = 0
        self.unread = 0

    def replace(self, page: MessagesPage) -> None:
        """Replace all messages with the first page of the query."""
        self.rows, self.next = page.rows, page.next
        self.total, self.unread = page.total, page.unread

    def refresh(self, page: MessagesPage) -> None:
        """Replace the newest messages with the current first page, and keep older ones."""
        new_ids = {row.id for row in page.rows}
        older = [
            row
            for row in self.rows
            if page.next and row.id not in new_ids and row.received_at <= page.rows[-1].received_at
        ]
        self.rows = page.rows + older
        self.next = self.next if older else page.next
        self.total, self.unread = page.total, page.unread

    def append(self, page: MessagesPage) -> list[MessageRow]:
        """Append the next page and return its new messages."""
        self.next = page.next
        new_rows = [row for row in page.rows if self.index_of(row.id) is None]
        self.rows += new_rows
        return new_rows

    def index_of(self, message: UUID) -> int | None:
        """Return the index of a message, or None if it is not loaded."""
        return next((index for index, row in enumerate(self.rows) if row.id == message), None)

    def mark(self, message: UUID, *, read: bool) -> MessageRow | None:
        """Mark a message as read or unread, and return its new row, or None if unchanged."""
        index = self.index_of(message)
        if index is None or self.rows[index].read is read:
            return None
        row = self.rows[index] = self.rows[index].model_copy(update={"read": read})
        if self.query.view is not MessageView.ARCHIVED:
            self.unread += -1 if read else 1
        return row

    def remove(self, row: MessageRow, *, archived: bool) -> None:
        """Remove a message that was archived or put back into the inbox."""
        self.rows.remove(row)
        self.total -= 1
        if not row.read:
            self.unread += -1 if archived else 1
