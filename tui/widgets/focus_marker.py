"""The focus mark, ▸ at the left, for every kind of widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

MARK = "▸ "
CURRENT_MARK = "● "
CURRENT_CLASS = "-here"
"""CSS class of the selected widget among several, marked with ● while it has no focus."""


if TYPE_CHECKING:
    WidgetBase = Widget
else:
    WidgetBase = object  # Textual inherits styles from the first base that is a widget


class FocusMarker(WidgetBase):
    """Mixin that shows ▸ in the two columns of left padding of a focused widget."""

    @property
    def mark_line(self) -> int:
        """The line with the mark."""
        return 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the lines, with the mark on one of them."""
        strips = list(super().render_lines(crop))
        index = self.mark_line - crop.y
        is_marked = self.has_focus or self.has_class(CURRENT_CLASS)
        mark = MARK if self.has_focus else CURRENT_MARK
        if is_marked and crop.x == 0 and 0 <= index < len(strips):
            line = Strip.join([mark_strip(self, mark), strips[index].crop(len(MARK))])
            strips[index] = line.crop(0, crop.width)
        return strips


def mark_strip(widget: Widget, mark: str = MARK) -> Strip:
    """Return a mark on a widget's background."""
    background = Style.from_color(bgcolor=widget.background_colors[1].rich_color)
    style = widget.app.console.get_style("mark", default="bold")
    return Strip([Segment(mark, background + style)], len(mark))
