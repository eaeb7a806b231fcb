"""Concurrent changes to single messages of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from shared.messages import MessageRow
from tui.core.errors import PortalError
from tui.messages import api
from tui.widgets.screen import PortalScreen

ARCHIVED = "Archived. The view Archived lists it."
PUT_BACK = "It is in the inbox again."


class MessageChanges:
    """Marks and archives messages on the server, calling `undo` on failure."""

    def __init__(self, screen: PortalScreen, undo: Callable[[], None]) -> None:
        self._screen = screen
        self._undo = undo

    def mark(self, row: MessageRow, *, read: bool) -> None:
        """Mark a message as read or unread."""
        self._change(row, api.mark_read(self._screen.portal.client, row.id, read=read))

    def archive(self, row: MessageRow, *, archived: bool) -> None:
        """Archive a message, or put it back into the inbox."""
        self._change(row, self._archive(row, archived=archived))

    async def _archive(self, row: MessageRow, *, archived: bool) -> None:
        await api.archive(self._screen.portal.client, row.id, archived=archived)
        self._screen.notify(ARCHIVED if archived else PUT_BACK, markup=False)

    def _change(self, row: MessageRow, work: Coroutine[object, object, None]) -> None:
        # With a group for each message, a change to one does not cancel a change to another.
        self._screen.call(work, group=f"change {row.id}", on_error=self._on_error)

    def _on_error(self, error: PortalError) -> None:
        self._screen.portal.show_error(error)
        self._undo()
