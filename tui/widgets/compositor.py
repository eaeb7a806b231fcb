"""Draws every widget that has moved since the screen was last drawn.

Textual draws what a layout changed, compared with the layout before. A scroll is not among those,
and asking where a widget is may make one that is never drawn, so that after both a part of the
screen would keep what it showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import screen
from textual._compositor import Compositor

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual._compositor import CompositorMap, ReflowResult
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.widget import Widget


class MoveCompositor(Compositor):
    """A compositor that compares a layout with what was drawn if Textual compares it with less."""

    _drawn_map: CompositorMap | None = None
    _marked_map: CompositorMap | None = None
    """The newest map up to which all changes were marked to be drawn."""
    _is_unmarked = False

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out the screen."""
        self._is_unmarked |= self._full_map is not self._marked_map
        result = super().reflow(parent, size)
        self._marked_map = self._full_map
        return result

    def reflow_visible(self, parent: Widget, size: Size) -> set[Widget]:
        """Lay out what is visible, after a scroll."""
        self._is_unmarked |= self._visible_map is not self._marked_map
        exposed = super().reflow_visible(parent, size)
        self._marked_map = self._visible_map
        return exposed

    def render_update(
        self,
        full: bool = False,
        screen_stack: list[Screen[object]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        """Draw what has changed, and each widget where it was and where it is."""
        shown = self._full_map if self._visible_map is None else self._visible_map
        if self._drawn_map and (self._is_unmarked or shown is not self._marked_map):
            changes = self._drawn_map.items() ^ shown.items()
            regions = (place.clip.intersection(place.region) for _, place in changes)
            self._dirty_regions.update(filter(None, regions))
        self._drawn_map = self._marked_map = shown
        self._is_unmarked = False
        return super().render_update(full, screen_stack, simplify)


def draw_all_moves() -> None:
    """Give each new screen a compositor that draws what moved."""
    screen.Compositor = MoveCompositor  # type: ignore[attr-defined] # Textual has no setting
