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

    def begin(self, page: MessagesPage) -> None:
        """Replace the messages with the first page of the query."""
        self.rows, self.next = page.rows, page.next
        self.total, self.unread = page.total, page.unread

    def renew(self, page: MessagesPage) -> None:
        """Put the current first page before the older messages."""
        new = {row.id for row in page.rows}
        older = [
            row
            for row in self.rows
            if page.next and row.id not in new and row.received_at <= page.rows[-1].received_at
        ]
        self.rows = page.rows + older
        self.next = self.next if older else page.next
        self.total, self.unread = page.total, page.unread

    def join(self, page: MessagesPage) -> list[MessageRow]:
        """Append the next page and return its new messages."""
        self.next = page.next
        more = [row for row in page.rows if self.index_of(row.id) is None]
        self.rows += more
        return more

    def index_of(self, message: UUID) -> int | None:
        """Return the place of a message, or None if it is not loaded."""
        return next((place for place, row in enumerate(self.rows) if row.id == message), None)

    def mark(self, message: UUID, *, read: bool) -> MessageRow | None:
        """Mark a message as read or unread; return its row, or None if nothing changed."""
        place = self.index_of(message)
        if place is None or self.rows[place].read is read:
            return None
        row = self.rows[place] = self.rows[place].model_copy(update={"read": read})
        if self.query.view is not MessageView.ARCHIVED:
            self.unread += -1 if read else 1
        return row

    def remove(self, row: MessageRow, *, archived: bool) -> None:
        """Remove a message that was archived or put back into the inbox."""
        self.rows.remove(row)
        self.total -= 1
        if not row.read:
            self.unread += -1 if archived else 1
