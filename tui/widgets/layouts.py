"""Spares the second layout of each new screen.

Textual lays out a screen again when a layout has changed the size of a widget's content, which does
not change the layout: what does, a scrollbar that appears, asks for another layout by itself.
"""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.widget import Widget

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
