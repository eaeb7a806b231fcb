"""P6: a signed-in read, a page of 20 in Select Person, with one worker."""

from collections.abc import Iterator

from benchmarks.jobs import read
from benchmarks.row import Row
from benchmarks.tutorial import rows_of

GOALS = {1: 2.5, 16: 4.0}


def rows() -> Iterator[Row]:
    """Compare reads to those of the tutorial app."""
    yield from rows_of("P6", "reads", read, GOALS)
