"""P6: reading a page of 20 in Select Person, with one worker."""

from collections.abc import Iterator

from benchmarks.jobs import read
from benchmarks.row import Row
from benchmarks.tutorial import compare_with_tutorial

GOALS = {1: 2.5, 16: 4.0}


def measure_rows() -> Iterator[Row]:
    """Compare reads with those of the tutorial app."""
    yield from compare_with_tutorial("P6", "reads", read, GOALS)
