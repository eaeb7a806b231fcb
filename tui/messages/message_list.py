"""The messages that the inbox holds, without a widget: pages, how many there are, their marks."""

from __future__ import annotations

from uuid import UUID

from shared.messages import MessageQuery, MessageRow, MessagesPage, MessageView


class MessageList:
    """The messages that a query finds, newest first, as far as they are loaded.

    `next` is the cursor of the page after them, `total` how many the query finds, and `unread` how
    many are unread in all.
    """

    def __init__(self, query: MessageQuery) -> None:
        self.query = query
        self.rows: list[MessageRow] = []
        self.next: str | None = None
        self.total = 0
        self.unread = 0

    def begin(self, page: MessagesPage) -> None:
        """Hold the first page of the query, in place of what was held."""
        self.rows, self.next = page.rows, page.next
        self.total, self.unread = page.total, page.unread

    def renew(self, page: MessagesPage) -> None:
        """Put the first page as it stands now before the older messages."""
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
        """Hold the page after; returns what is new of it."""
        self.next = page.next
        more = [row for row in page.rows if self.place_of(row.id) is None]
        self.rows += more
        return more

    def place_of(self, message: UUID) -> int | None:
        """The place of a message, where it is held."""
        return next((place for place, row in enumerate(self.rows) if row.id == message), None)

    def mark(self, message: UUID, *, read: bool) -> MessageRow | None:
        """Mark a message as read or unread; returns its row, None where that changes nothing."""
        place = self.place_of(message)
        if place is None or self.rows[place].read is read:
            return None
        row = self.rows[place] = self.rows[place].model_copy(update={"read": read})
        if self.query.view is not MessageView.ARCHIVED:
            self.unread += -1 if read else 1
        return row

    def remove(self, row: MessageRow, *, archived: bool) -> None:
        """Take out a message that is archived, or is put back into the inbox."""
        self.rows.remove(row)
        self.total -= 1
        if not row.read:
            self.unread += -1 if archived else 1
