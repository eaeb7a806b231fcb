"""Memory of the client: when garbage is collected, and what Textual would keep."""

from __future__ import annotations

import gc

from textual.widget import Widget

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


_handle_unmount = Widget._on_unmount


def release_drawn_lines() -> None:
    """Free the drawn lines of each widget when it closes.

    Textual's caches keep closed widgets' lines until the next full collection, or until a thousand
    more widgets have been drawn.
    """
    Widget._on_unmount = _free_lines  # type: ignore[method-assign,assignment] # Textual sends no later event


def _free_lines(widget: Widget) -> None:
    _handle_unmount(widget)
    widget._styles_cache.clear()
