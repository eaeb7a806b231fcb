"""Draws every widget that has moved since the screen was last drawn.

Textual draws what the last layout changed. A scroll is no layout, and asking where a widget is may
be one that is never drawn, so that after both a part of the screen would keep what it showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import screen
from textual._compositor import Compositor

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual._compositor import CompositorMap
    from textual.screen import Screen


class MoveCompositor(Compositor):
    """A compositor that compares each layout with the one that was drawn."""

    _drawn_map: CompositorMap | None = None

    def render_update(
        self,
        full: bool = False,
        screen_stack: list[Screen[object]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        """Draw what has changed, and each widget where it was and where it is."""
        shown = self._full_map if self._visible_map is None else self._visible_map
        drawn, self._drawn_map = self._drawn_map, shown
        if drawn is not None and drawn is not shown:
            changes = drawn.items() ^ shown.items()
            regions = (place.clip.intersection(place.region) for _, place in changes)
            self._dirty_regions.update(filter(None, regions))
        return super().render_update(full, screen_stack, simplify)


def draw_all_moves() -> None:
    """Give each new screen a compositor that draws what moved."""
    screen.Compositor = MoveCompositor  # type: ignore[attr-defined] # Textual has no setting
