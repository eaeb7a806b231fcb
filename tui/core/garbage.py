"""Tuning of garbage collection, to avoid noticeable pauses when a screen opens."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 20_000
"""Number of new objects before a collection; a form has several thousand."""


def tune_collector() -> None:
    """Exclude existing objects from later collections, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
