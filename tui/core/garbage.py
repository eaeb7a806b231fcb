"""Tuning of garbage collection, to avoid noticeable pauses when a screen opens."""

from __future__ import annotations

import gc

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
