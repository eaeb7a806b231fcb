"""A long list of widgets that mounts only those near the view."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.layout import DockArrangeResult

    from tui.widgets.key_order import KeyOrder

ASSUMED_WIDTH = 70
"""Assumed width of a line of text, for estimating the height of an item."""
MAX_MOUNTED = 30
"""Maximum length of a list that is mounted completely."""


class LazyItem(NamedTuple):
    """An item of a list: a function that creates its widget, and its estimated height."""

    make: Callable[[], Widget]
    height: int = 2


def text_height(text: str) -> int:
    """Estimate the height of a wrapped text."""
    return 1 + text.count("\n") + len(text) // ASSUMED_WIDTH


class Gap(Widget):
    """Placeholder for the items that are not mounted."""

    DEFAULT_CSS = "Gap { height: 0; }"


class LongList(Vertical):
    """A list that mounts the items within a screenful of the view, and leaves gaps for the others.

    Every mounted widget slows down mounting, styling and focus changes, even out of view. Widgets
    are created again each time their items come near the view.
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
        self._mount_lock = asyncio.Lock()
        self._first_in_view = 0
        self._was_at_end = False
        self._is_stepping = False

    def compose(self) -> ComposeResult:
        """Lay out the first items."""
        widgets = self._make_widgets(self._range_at(0, self.app.size.height))
        if self._is_short:
            yield from widgets
        else:
            yield from (self._above, *widgets, self._below)
            self._size_gaps()

    def on_mount(self) -> None:
        """Update the mounted items whenever the page scrolls."""
        self.watch(self._page, "scroll_y", self._schedule_update, init=False)
        self._schedule_update()

    def on_resize(self) -> None:
        """Mount the items that are now near the view."""
        self._schedule_update()

    async def show(self, items: Sequence[LazyItem]) -> None:
        """Replace the items, keeping the scroll position of the page."""
        self._items = items
        self._heights = [item.height for item in items]
        self._first_in_view = 0
        async with self._mount_lock:
            await self._mount_range(range(0))
            await self._mount_range(self._range_at(self._top, self._view_height))
        self._schedule_update()

    async def append(self, items: Sequence[LazyItem]) -> None:
        """Add items at the end, keeping the scroll position of the page."""
        self._items = [*self._items, *items]
        self._heights += [item.height for item in items]
        async with self._mount_lock:
            await self._mount_range(self._range_at(self._top, self._view_height))
        self._schedule_update()

    @property
    def _page(self) -> Widget:
        """The nearest ancestor that scrolls."""
        return next(node for node in self.ancestors if isinstance(node, ScrollableContainer))

    @property
    def _view_height(self) -> int:
        """The height of the view, or of the screen before the first layout."""
        return self._page.size.height or self.app.size.height

    @property
    def _top(self) -> int:
        """The first line in view, counted from the top of the list."""
        return max(0, self._page.content_region.y - self.region.y)

    @property
    def _is_short(self) -> bool:
        """Whether the list is mounted completely, and so needs no gaps."""
        return len(self._items) <= MAX_MOUNTED

    def _range_at(self, top: int, height: int) -> range:
        """Return the items in a view at `top`, and within one height above and below it."""
        if self._is_short:
            return range(len(self._items))
        return self._items_between(top - height, top + 2 * height)

    def _items_between(self, first_line: int, last_line: int) -> range:
        ends = list(accumulate(self._heights))
        first = next((i for i, end in enumerate(ends) if end > first_line), len(ends))
        last = next((i for i, end in enumerate(ends) if end > last_line), len(ends) - 1)
        return range(min(first, last), last + 1)

    def _schedule_update(self) -> None:
        self.call_after_refresh(self._update_mounted)

    async def _update_mounted(self) -> None:
        """Mount the items near the view if any of them is not mounted."""
        if self._mount_lock.locked() or self._is_stepping or not self.is_attached:
            return
        if self._is_short:
            return
        page = self._page
        at_end = self._was_at_end or 0 < page.max_scroll_y <= page.scroll_y
        self._was_at_end = False
        shift = self._measure()
        if at_end:
            page.scroll_end(animate=False)
        elif shift:
            # Keep the same items in view, at once: the page may follow the focus in between.
            page.scroll_relative(y=shift, animate=False, immediate=True)
            self.call_after_refresh(cast("KeyOrder", self.app).keep_focus_in_view)
        top, height = self._top + shift, page.size.height
        needed_items = self._items_between(top - height // 2, top + height + height // 2)
        if needed_items and (
            needed_items[0] not in self._mounted or needed_items[-1] not in self._mounted
        ):
            self._first_in_view = self._items_between(top, top).start
            async with self._mount_lock:
                await self._mount_range(self._range_at(top, height))
            self._was_at_end = at_end
            self._schedule_update()  # the heights may differ from the estimates

    def _measure(self) -> int:
        """Record the heights of the mounted items; return by how many lines the view moved."""
        above = sum(self._heights[: self._first_in_view])
        tops = [(index, widget.virtual_region.y) for index, widget in self._mounted.items()]
        for (index, top), (_, next_top) in pairwise(tops):
            if next_top > top:
                self._heights[index] = next_top - top
        self._size_gaps()
        return sum(self._heights[: self._first_in_view]) - above

    async def action_step(self, offset: int) -> None:
        """Focus the next or previous widget, mounting more items if needed."""
        edge = max(self._mounted, default=0) if offset > 0 else min(self._mounted, default=0)
        if self._next_focusable(offset) is None and 0 <= edge + offset < len(self._items):
            self._is_stepping = True
            nearby = range(max(0, edge - MAX_MOUNTED // 2), edge + MAX_MOUNTED // 2)
            async with self._mount_lock:
                await self._mount_range(nearby[: len(self._items) - nearby.start])
            self.call_after_refresh(self._show_focused)
        # Textual's focus order depends on the layout, which new items do not have yet.
        if widget := self._next_focusable(offset):
            self.screen.set_focus(widget)
        elif offset > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def _show_focused(self) -> None:
        """Scroll to the focused widget, now that it is laid out."""
        self._is_stepping = False
        if self.screen.focused is not None:
            self.screen.focused.scroll_visible(animate=False)
        self._schedule_update()

    def _next_focusable(self, offset: int) -> Widget | None:
        focusable = [widget for widget in self.query("*").results() if widget.focusable]
        focused = self.screen.focused
        index = focusable.index(focused) + offset if focused in focusable else -1
        return focusable[index] if 0 <= index < len(focusable) else None

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Arrange the items, once for each width: their heights don't depend on the list's."""
        return super().arrange(Size(size.width, 0), optimal)

    @property
    def least_height(self) -> int:
        """A height that the list has at least, without a layout: a line for each mounted item."""
        return len(self._mounted)

    def _size_gaps(self) -> None:
        first = min(self._mounted, default=0)
        last = max(self._mounted, default=-1)
        self._above.styles.height = sum(self._heights[:first])
        self._below.styles.height = sum(self._heights[last + 1 :])

    async def _mount_range(self, items: range) -> None:
        """Mount a range of items and remove all others."""
        removed = {index: widget for index, widget in self._mounted.items() if index not in items}
        had_focus = any(widget.has_focus_within or widget.has_focus for widget in removed.values())
        remaining = self._mounted.keys() - removed.keys()
        lower = [index for index in items if remaining and index < min(remaining)]
        upper = [index for index in items if not remaining or index > max(remaining)]
        async with self.batch():
            self._mounted = {index: self._mounted[index] for index in sorted(remaining)}
            await self.remove_children(list(removed.values()))
            if not self._is_short and not self._below.is_attached:
                await self.mount(self._above, before=0)
                await self.mount(self._below)
            has_gaps = self._below.is_attached
            await self.mount_all(self._make_widgets(lower), after=self._above if has_gaps else None)
            await self.mount_all(
                self._make_widgets(upper), before=self._below if has_gaps else None
            )
            self._mounted = dict(sorted(self._mounted.items()))
            self._size_gaps()
        if had_focus and self.screen.focused is None:
            self._focus_in_view()

    def _make_widgets(self, items: Sequence[int]) -> list[Widget]:
        for index in items:
            self._mounted[index] = self._items[index].make()
        return [self._mounted[index] for index in items]

    def _focus_in_view(self) -> None:
        """Focus a widget in view, because the focused one has been removed."""
        page = self._page.region
        focusable = [widget for widget in self.query("*").results() if widget.focusable]
        visible = [widget for widget in focusable if page.overlaps(widget.region)]
        if target := next(iter(visible or focusable), None):
            self.screen.set_focus(target, scroll_visible=False)
