"""A scrolling part of a screen in which Up and Down move between links."""

from __future__ import annotations

from tui.widgets.header import Link
from tui.widgets.layouts import Page
from tui.widgets.long_list import LongList


class Pane(Page):
    """Up and Down move between its links, and scroll past the last."""

    DEFAULT_CSS = "Pane { height: 1fr; min-height: 3; scrollbar-size-vertical: 1; }"

    @property
    def least_height(self) -> int:
        """The least height of its list."""
        return sum(child.least_height for child in self.children if isinstance(child, LongList))

    def action_scroll_down(self) -> None:
        """Move to the next link."""
        self._move(1)

    def action_scroll_up(self) -> None:
        """Move to the previous link."""
        self._move(-1)

    def _move(self, offset: int) -> None:
        links = list(self.query(Link))
        focused = self.screen.focused
        index = (
            links.index(focused) + offset if isinstance(focused, Link) and focused in links else -1
        )
        if 0 <= index < len(links):
            links[index].focus()
        else:
            self.scroll_relative(y=offset, animate=False)
