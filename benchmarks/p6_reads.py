"""P6: a signed-in read, Select Person's page of 20, by one worker."""

from collections.abc import Iterator

from benchmarks.jobs import read
from benchmarks.row import Row
from benchmarks.tutorial import rows_of

GOALS = {1: 2.5, 16: 4.0}


def rows() -> Iterator[Row]:
    """Measure reads beside those of an app written as the tutorials do."""
    yield from rows_of("P6", "reads", read, GOALS)
