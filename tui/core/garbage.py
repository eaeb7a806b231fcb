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


_handle_unmount = Widget._on_unmount
_actions_on_close: list[Callable[[Widget], object]] = []


def release_drawn_lines() -> None:
    """Free the drawn lines of each widget when it closes.

    Textual's caches keep closed widgets' lines until the next full collection, or until a thousand
    more widgets have been drawn.
    """
    _call_on_close(_free_lines)


def collect_closed_widgets() -> None:
    """Collect garbage soon after many widgets have closed, which refer to each other.

    The collector alone lets the memory grow by half, because it counts objects and not bytes.
    """
    _call_on_close(_ClosedWidgets().count)


class _ClosedWidgets:
    """Counts closed widgets, and collects them once they are many."""

    def __init__(self) -> None:
        self._closed = 0

    def count(self, _: Widget) -> None:
        self._closed += 1
        if self._closed == CLOSED_WIDGETS:
            asyncio.get_running_loop().call_later(REST_SECONDS, self._collect)

    def _collect(self) -> None:
        self._closed = 0
        gc.collect()


def _free_lines(widget: Widget) -> None:
    widget._styles_cache.clear()


def _call_on_close(action: Callable[[Widget], object]) -> None:
    if action not in _actions_on_close:
        _actions_on_close.append(action)
    Widget._on_unmount = _handle_close  # type: ignore[method-assign,assignment] # Textual sends no later event


def _handle_close(widget: Widget) -> None:
    _handle_unmount(widget)
    for action in _actions_on_close:
        action(widget)
