"""Memory of the client: when garbage is collected, and what Textual would keep."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

from textual.app import App
from textual.widget import Widget
from textual.worker import Worker, WorkerState
from textual.worker_manager import WorkerManager

YOUNG_OBJECTS = 20_000
"""Number of new objects before a collection; a form has several thousand."""
YOUNG_COLLECTIONS, MIDDLE_COLLECTIONS = 4, 1
"""Numbers of collections before one of the next generation, so that closed forms are freed."""

CLOSED_WIDGETS = 20
"""Number of closed widgets after which they are collected: less than a screen has."""
REST_SECONDS = 1.0
"""Seconds after the last key and the last closed screen until then, so that no screen waits."""
MAX_CLOSED_WIDGETS = 120
"""Number of closed widgets, of several screens, that are collected in spite of further keys."""


def tune_collector() -> None:
    """Exclude existing objects from later collections, and collect less often."""
    gc.enable()  # it is off while the program starts
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


def collect_closed_widgets(idle_seconds: Callable[[], float]) -> None:
    """Collect garbage after many widgets have closed, which refer to each other.

    The collector alone lets the memory grow by half, because it counts objects and not bytes. A
    collection takes as long as opening a screen, so it waits until the user rests.
    """
    _call_on_close(_ClosedWidgets(idle_seconds).count)


class ReleasingWorkers(WorkerManager):
    """The workers of an app, which don't keep their screens once they have ended.

    A worker remains in the context of what it has started, such as the next screen. `on_failure`
    gets the error of one that failed while its screen or widget was still there.
    """

    def __init__(self, app: App[None], on_failure: Callable[[BaseException], None]) -> None:
        super().__init__(app)
        self._on_failure = on_failure

    def _remove_worker(self, worker: Worker[object]) -> None:
        super()._remove_worker(worker)
        failed = worker.state is WorkerState.ERROR and not worker.exit_on_error
        if failed and worker.error and worker.node.is_attached:
            self._on_failure(worker.error)
        worker._node, worker._task = self._app, None
        worker._error = None  # its traceback has the screen


class _ClosedWidgets:
    """Counts closed widgets, and collects them once they are many."""

    def __init__(self, idle_seconds: Callable[[], float]) -> None:
        self._idle_seconds = idle_seconds
        self._closed = 0

    def count(self, _: Widget) -> None:
        self._closed += 1
        if self._closed == CLOSED_WIDGETS:
            self._wait(REST_SECONDS)

    def _wait(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._collect)

    def _collect(self) -> None:
        remaining = REST_SECONDS - self._idle_seconds()
        if remaining > 0 and self._closed < MAX_CLOSED_WIDGETS:
            self._wait(remaining)
        else:
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
