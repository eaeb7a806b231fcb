"""The first layout of each new screen, which is laid out and drawn once.

Textual lays out a screen again when a layout has changed the size of a widget's content, which does
not change the layout: what does, a scrollbar that appears, asks for another layout by itself.
"""

from __future__ import annotations

import asyncio

from textual.containers import VerticalScroll
from textual.events import ScreenResume
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

HOLD_SECONDS = 0.1
"""Seconds for which a new screen waits for its data, so that it is laid out and drawn once."""
MAX_FIRST_LAYOUTS = 3
"""Layouts of a new screen after which it is drawn, final or not."""
SOON_SECONDS = 0.001
MAX_TURNS, QUIET_TURNS = 50, 2
"""Turns of the event loop to wait for widgets, and those without a message after which to stop."""

_update_size = Widget._size_updated


def spare_second_layouts() -> None:
    """Make the widgets of a new screen take their sizes without asking for another layout."""
    Widget._size_updated = _take_size  # type: ignore[method-assign,assignment] # Textual has no setting


def _take_size(
    widget: Widget, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
) -> bool:
    if not (layout and getattr(widget.screen, "is_settling", False)):
        return _update_size(widget, size, virtual_size, container_size, layout)
    before = widget.virtual_size
    is_changed = _update_size(widget, size, virtual_size, container_size, layout=False)
    if widget.virtual_size != before:
        Widget.virtual_size._check_watchers(widget, "virtual_size", before)
    return is_changed


class Page(VerticalScroll):
    """A scrolling part of a screen, whose first layout has the scrollbar that it needs."""

    def _get_scrollable_region(self, region: Region) -> Region:
        if self._needs_first_scrollbar(region.size):
            self.set_reactive(Widget.show_vertical_scrollbar, True)
            self.vertical_scrollbar.display = True
            self.vertical_scrollbar._layout_required = False  # this layout has it
        return super()._get_scrollable_region(region)

    def _needs_first_scrollbar(self, size: Size) -> bool:
        if self._size or self.show_vertical_scrollbar or self.styles.overflow_y != "auto":
            return False
        return (
            self.least_height > size.height or self.arrange(size).total_region.bottom > size.height
        )

    @property
    def least_height(self) -> int:
        """A height of the content that is known without a layout, which then need not be tried."""
        return 0


class SettlingScreen(Screen[None]):
    """A screen that is laid out when its data is there, and drawn when its layout is final."""

    _laid_out_size: Size | None = None
    _is_held = False
    is_settling = False
    """Whether the screen is new, and not drawn until its first layouts are final."""
    shown: object = None
    """The data that the screen shows, if keys typed ahead depend on them."""

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, ScreenResume) and self._laid_out_size is None:
            message.refresh_styles = False  # a new screen has just got its styles
        await super()._on_message(message)

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        # Textual also lays out a new screen when it hears of its first size, which is the same.
        is_due = self._layout_required and not self.is_settling
        if self._is_held or (size and size == self._laid_out_size and not is_due):
            return
        if self._laid_out_size is None:
            self.is_settling = True
            self.set_timer(SOON_SECONDS, self._settle)
        self._laid_out_size = size or self.outer_size or self.app.size
        super()._refresh_layout(self._laid_out_size, scroll)

    def _compositor_refresh(self) -> None:
        # Textual also draws a covered screen, for which the one above draws itself again.
        top = self.app.screen
        if not self.is_settling and (top is self or top.is_modal):
            super()._compositor_refresh()

    async def _settle(self) -> None:
        """Draw a new screen once its layout is final.

        The first layout may show scrollbars and fit texts to their widths, for a second one.
        """
        for _ in range(MAX_FIRST_LAYOUTS - 1):
            await self._wait_for_widgets()
            if not self._layout_required:
                break
            self._on_timer_update()
        # Textual would lose what it draws during a batch. The last one, in which the app closes its
        # screens, never ends.
        while self.app._batch_count and not self._pruning:  # noqa: ASYNC110 - its end is no event
            await asyncio.sleep(SOON_SECONDS)
        self.is_settling = False
        self._on_timer_update()
        self._compositor_refresh()

    async def _wait_for_widgets(self) -> None:
        """Let all widgets process their messages, for some turns of the event loop at most."""
        nodes = list(self.walk_children(with_self=True))
        quiet_turns = 0
        for _ in range(MAX_TURNS):
            await asyncio.sleep(0)
            is_quiet = not any(node.message_queue_size for node in nodes)
            quiet_turns = quiet_turns + 1 if is_quiet else 0
            if quiet_turns == QUIET_TURNS:
                break

    def _hold_layout(self) -> None:
        """Lay out a new screen when its data is there, or after a moment without it."""
        if self._laid_out_size is None and not self._is_held:
            self._is_held = True
            self.set_timer(HOLD_SECONDS, self._release_layout)

    def _release_layout(self) -> None:
        if self._is_held:
            self.set_timer(SOON_SECONDS, self._lay_out_held)

    async def _lay_out_held(self) -> None:
        await self._wait_for_widgets()  # those that show the data may still ask for a layout
        if self._is_held:
            self._is_held = False
            self.refresh(layout=True)
            self._on_timer_update()
