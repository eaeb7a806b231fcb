"""A scrolling part of a screen in which Up and Down move between rows of links."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import cast

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.widgets.header import Link
from tui.widgets.layouts import Page
from tui.widgets.long_list import LongList


class PaneRow(Vertical):
    """Lines above the links that act on them, which Up and Down pass as one row."""


class Pane(Page):
    """Up and Down move between its rows, and scroll past the last; Left and Right within a row."""

    DEFAULT_CSS = "Pane { height: 1fr; min-height: 3; scrollbar-size-vertical: 1; }"

    @property
    def least_height(self) -> int:
        """The least height of its list."""
        return sum(child.least_height for child in self.children if isinstance(child, LongList))

    def allow_focus(self) -> bool:
        """Take the focus only while there is no link to go to, as links are mounted late."""
        return self.can_focus and not any(self.query(Link).results())

    def action_scroll_down(self) -> None:
        """Move to the first link of the next row."""
        self._move(1)

    def action_scroll_up(self) -> None:
        """Move to the first link of the previous row."""
        self._move(-1)

    def action_scroll_right(self) -> None:
        """Move to the next link of the row."""
        self._move_within(1)

    def action_scroll_left(self) -> None:
        """Move to the previous link of the row."""
        self._move_within(-1)

    def _move(self, offset: int) -> None:
        rows = [list(links) for _, links in groupby(self.query(Link), _row_of)]
        current = next((index for index, row in enumerate(rows) if self._is_in(row)), None)
        index = -1 if current is None else current + offset
        if 0 <= index < len(rows):
            _row_of(rows[index][0]).scroll_visible(animate=False)
            rows[index][0].focus()
        else:
            self.scroll_relative(y=offset, animate=False)

    def _move_within(self, offset: int) -> None:
        for _, links in groupby(self.query(Link), _row_of):
            if self._is_in(row := list(links)):
                index = row.index(cast("Link", self.screen.focused)) + offset
                row[max(0, min(index, len(row) - 1))].focus()
                return

    def _is_in(self, row: Sequence[Link]) -> bool:
        return self.screen.focused in row


def _row_of(link: Link) -> Widget:
    """Return the row that a link belongs to: itself, if no other stands beside it."""
    if row := next((node for node in link.ancestors if isinstance(node, PaneRow)), None):
        return row
    return link.parent if isinstance(link.parent, Horizontal) else link
