"""Memory of the client: when garbage is collected, and what Textual would keep."""

from __future__ import annotations

import gc
from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style

YOUNG_OBJECTS = 20_000
"""Number of new objects before a collection; a form has several thousand."""
YOUNG_COLLECTIONS, MIDDLE_COLLECTIONS = 4, 1
"""Numbers of collections before one of the next generation, so that closed forms are freed."""


def tune_collector() -> None:
    """Exclude existing objects from later collections, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.collect()  # or a full collection would wait for a quarter as many objects as are frozen
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_COLLECTIONS, MIDDLE_COLLECTIONS)


@lru_cache(1024)
def _background_styles(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def release_drawn_lines() -> None:
    """Cache background styles by colour only.

    Textual's cache has the widget's drawn lines in its key, and so holds those of the last thousand
    closed widgets.
    """

    def get_inner_outer(
        _: StylesCache, base_background: Color, background: Color
    ) -> tuple[Style, Style]:
        return _background_styles(base_background, background)

    StylesCache.get_inner_outer = get_inner_outer  # type: ignore[method-assign,assignment] # only the cache differs
