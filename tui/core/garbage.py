"""Memory of the client: when garbage is collected, and what Textual would keep."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

from textual.widget import Widget

YOUNG_OBJECTS = 20_000
"""Number of new objects before a collection; a form has several thousand."""
YOUNG_COLLECTIONS, MIDDLE_COLLECTIONS = 4, 1
"""Numbers of collections before one of the next generation, so that closed forms are freed."""

CLOSED_WIDGETS = 20
"""Number of closed widgets after which they are collected: less than a screen has."""
REST_SECONDS = 0.5
"""Seconds from then on, so that the next screen is drawn first."""


def tune_collector() -> None:
    """Exclude existing objects from later collections, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.collect()  # or a full collection would wait for a quarter as many objects as are frozen
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_COLLECTIONS, MIDDLE_COLLECTIONS)


def release_drawn_lines() -> None:
    """Free the drawn lines of each widget when it closes.

    Textual's caches keep closed widgets' lines until the next full collection, or until a thousand
    more widgets have been drawn.
    """
    _call_on_close(lambda widget: widget._styles_cache.clear())


def collect_closed_widgets() -> None:
    """Collect garbage soon after many widgets have closed, which refer to each other.

    The collector alone lets the memory grow by half, because it counts objects and not bytes.
    """
    closed = 0

    def collect() -> None:
        nonlocal closed
        closed = 0
        gc.collect()

    def count(_: Widget) -> None:
        nonlocal closed
        closed += 1
        if closed == CLOSED_WIDGETS:
            asyncio.get_running_loop().call_later(REST_SECONDS, collect)

    _call_on_close(count)


def _call_on_close(action: Callable[[Widget], object]) -> None:
    handle_unmount = Widget._on_unmount

    def handle_close(widget: Widget) -> None:
        handle_unmount(widget)
        action(widget)

    Widget._on_unmount = handle_close  # type: ignore[method-assign,assignment] # Textual sends no later event
