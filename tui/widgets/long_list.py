"""A long list of widgets, of which only those near the view are mounted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.widget import Widget

LIKELY_WIDTH = 70
"""Columns of a line of text, to estimate the height of an item."""
MAX_MOUNTED = 30
"""Lists up to this length are mounted as a whole."""


class LazyItem(NamedTuple):
    """An item of a list: a function that creates its widget, and its likely height."""

    make: Callable[[], Widget]
    height: int = 2


def text_height(text: str) -> int:
    """Estimate the height of a wrapped text."""
    return 1 + text.count("\n") + len(text) // LIKELY_WIDTH


class Gap(Widget):
    """The space of items that are not mounted."""

    DEFAULT_CSS = "Gap { height: 0; }"


class LongList(Vertical):
    """The items within a screenful of the view, with space for the others.

    Mounting, styling and Tab take time for each widget, whether it is in view or not. Items are
    created anew each time they come near the view.
    """

    DEFAULT_CSS = "LongList { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "step(1)", "next", show=False),
        Binding("shift+tab", "step(-1)", "previous", show=False),
    ]

    def __init__(self, items: Sequence[LazyItem] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items = items
        self._heights = [item.height for item in items]
        self._mounted: dict[int, Widget] = {}
        self._above, self._below = Gap(), Gap()
        self._changing = asyncio.Lock()
        self._first_in_view = 0
        self._was_at_end = False
        self._is_stepping = False

    def compose(self) -> ComposeResult:
        """Lay out the first items."""
        yield self._above
        yield from self._make(self._range_at(0, self.app.size.height))
        yield self._below
        self._size_gaps()

    def on_mount(self) -> None:
        """Follow the scrolling of the page."""
        self.watch(self._page, "scroll_y", self._follow_later, init=False)
        self._follow_later()

    def on_resize(self) -> None:
        """Mount what came near the view."""
        self._follow_later()

    async def show(self, items: Sequence[LazyItem]) -> None:
        """Show other items; the page stays where it is scrolled to."""
        self._items = items
        self._heights = [item.height for item in items]
        self._first_in_view = 0
        async with self._changing:
            await self._mount_range(range(0))
            await self._mount_range(self._range_at(self._top, self._page.size.height))
        self._follow_later()

    async def append(self, items: Sequence[LazyItem]) -> None:
        """Add items at the end; the page stays where it is scrolled to."""
        self._items = [*self._items, *items]
        self._heights += [item.height for item in items]
        async with self._changing:
            await self._mount_range(self._range_at(self._top, self._page.size.height))
        self._follow_later()

    @property
    def _page(self) -> Widget:
        """The nearest ancestor that scrolls."""
        return next(node for node in self.ancestors if isinstance(node, ScrollableContainer))

    @property
    def _top(self) -> int:
        """The first line in view, counted from the top of the list."""
        return max(0, self._page.content_region.y - self.region.y)

    def _range_at(self, top: int, height: int) -> range:
        """Return the items within a view at `top`, and within its height above and below it."""
        if len(self._items) <= MAX_MOUNTED:
            return range(len(self._items))
        return self._between(top - height, top + 2 * height)

    def _between(self, first_line: int, last_line: int) -> range:
        ends = list(accumulate(self._heights))
        first = next((i for i, end in enumerate(ends) if end > first_line), len(ends))
        last = next((i for i, end in enumerate(ends) if end > last_line), len(ends) - 1)
        return range(min(first, last), last + 1)

    def _follow_later(self) -> None:
        self.call_after_refresh(self._follow)

    async def _follow(self) -> None:
        """Mount the items near the view, unless they are mounted already."""
        if self._changing.locked() or self._is_stepping or not self.is_attached:
            return
        if len(self._items) <= MAX_MOUNTED:
            return
        page = self._page
        at_end = self._was_at_end or 0 < page.max_scroll_y <= page.scroll_y
        self._was_at_end = False
        shift = self._measure()
        if at_end:
            page.scroll_end(animate=False)
        elif shift:
            page.scroll_relative(y=shift, animate=False)  # the items in view stay in view
        top, height = self._top + shift, page.size.height
        needed = self._between(top - height // 2, top + height + height // 2)
        if needed and (needed[0] not in self._mounted or needed[-1] not in self._mounted):
            self._first_in_view = self._between(top, top).start
            async with self._changing:
                await self._mount_range(self._range_at(top, height))
            self._was_at_end = at_end
            self._follow_later()  # the items may be higher or lower than was likely

    def _measure(self) -> int:
        """Record the heights of the mounted items, and return by how much the view moved."""
        above = sum(self._heights[: self._first_in_view])
        tops = [(index, widget.virtual_region.y) for index, widget in self._mounted.items()]
        for (index, top), (_, following) in pairwise(tops):
            if following > top:
                self._heights[index] = following - top
        self._size_gaps()
        return sum(self._heights[: self._first_in_view]) - above

    async def action_step(self, by: int) -> None:
        """Focus the next widget, mounting the next items first if it is one of theirs."""
        edge = max(self._mounted, default=0) if by > 0 else min(self._mounted, default=0)
        if self._next_focusable(by) is None and 0 <= edge + by < len(self._items):
            self._is_stepping = True
            around = range(max(0, edge - MAX_MOUNTED // 2), edge + MAX_MOUNTED // 2)
            async with self._changing:
                await self._mount_range(around[: len(self._items) - around.start])
            self.call_after_refresh(self._show_focused)
        # Textual's own order of focus depends on the layout, which new items do not have yet.
        if following := self._next_focusable(by):
            self.screen.set_focus(following)
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def _show_focused(self) -> None:
        """Scroll to what has the focus, now that it has a place."""
        self._is_stepping = False
        if self.screen.focused is not None:
            self.screen.focused.scroll_visible(animate=False)
        self._follow_later()

    def _next_focusable(self, by: int) -> Widget | None:
        focusable = [widget for widget in self.query("*").results() if widget.focusable]
        focused = self.screen.focused
        index = focusable.index(focused) + by if focused in focusable else -1
        return focusable[index] if 0 <= index < len(focusable) else None

    def _size_gaps(self) -> None:
        first = min(self._mounted, default=0)
        last = max(self._mounted, default=-1)
        self._above.styles.height = sum(self._heights[:first])
        self._below.styles.height = sum(self._heights[last + 1 :])

    async def _mount_range(self, items: range) -> None:
        """Mount these items, and remove all others."""
        gone = {index: widget for index, widget in self._mounted.items() if index not in items}
        had_focus = any(widget.has_focus_within or widget.has_focus for widget in gone.values())
        kept = self._mounted.keys() - gone.keys()
        lower = [index for index in items if kept and index < min(kept)]
        upper = [index for index in items if not kept or index > max(kept)]
        async with self.batch():
            self._mounted = {index: self._mounted[index] for index in sorted(kept)}
            await self.remove_children(list(gone.values()))
            await self.mount_all(self._make(lower), after=self._above)
            await self.mount_all(self._make(upper), before=self._below)
            self._mounted = dict(sorted(self._mounted.items()))
            self._size_gaps()
        if had_focus and self.screen.focused is None:
            self._focus_in_view()

    def _make(self, items: Sequence[int]) -> list[Widget]:
        for index in items:
            self._mounted[index] = self._items[index].make()
        return [self._mounted[index] for index in items]

    def _focus_in_view(self) -> None:
        """Focus what is in view, after what had the focus was scrolled away."""
        page = self._page.region
        focusable = [widget for widget in self.query("*").results() if widget.focusable]
        visible = [widget for widget in focusable if page.overlaps(widget.region)]
        if found := next(iter(visible or focusable), None):
            self.screen.set_focus(found, scroll_visible=False)
