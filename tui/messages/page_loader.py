"""Loading further pages of the inbox as the user scrolls."""

from __future__ import annotations

import asyncio

from shared.lists import MAX_PAGE_SIZE, PAGE_SIZE
from tui.core.errors import PortalError
from tui.messages import api
from tui.messages.message_list import MessageList
from tui.messages.table import MessageTable
from tui.widgets.screen import PortalScreen


class PageLoader:
    """Loads further pages into a message list and its table."""

    def __init__(self, screen: PortalScreen, messages: MessageList) -> None:
        self._screen = screen
        self._list = messages

    @property
    def _table(self) -> MessageTable:
        return self._screen.query_one(MessageTable)

    def load_near_end(self) -> None:
        """Load the next page if the current row is near the end of the loaded rows."""
        if self._list.next and self._table.is_near_end:
            cursor, self._list.next = self._list.next, None
            self._screen.call(self._load(cursor), group="list")

    def load_rest(self) -> None:
        """Load all further pages, and go to the last message."""
        self._screen.call(self._load_rest(), group="list")

    async def _load_rest(self) -> None:
        while cursor := self._list.next:
            await self._load(cursor, MAX_PAGE_SIZE)
        self._table.move_cursor(row=self._table.row_count - 1, animate=False)

    async def _load(self, cursor: str, limit: int = PAGE_SIZE) -> None:
        query = self._list.query.model_copy(update={"cursor": cursor, "limit": limit})
        try:
            page = await api.list_messages(self._screen.portal.client, query)
        except (PortalError, asyncio.CancelledError):
            self._list.next = cursor
            raise
        self._table.append(self._list.append(page))
