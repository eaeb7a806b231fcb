"""P7: a durable save of one kilobyte, with one worker."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

from benchmarks.jobs import ANSWER, save
from benchmarks.row import Row
from benchmarks.tally import Tally
from benchmarks.tutorial import SECONDS, rows_of

GOALS = {1: 2.0, 16: 4.0}


def rows() -> Iterator[Row]:
    """Compare saves to those of the tutorial app and to raw SQLite commits."""
    raw = {"raw commits": partial(raw_commits, SECONDS)}
    yield from rows_of("P7", "saves", save, GOALS, raw)


def raw_commits(seconds: float) -> Tally:
    """Insert a kilobyte per transaction, with the server's settings, for a number of seconds."""
    tally = Tally()
    with (
        TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE answer (id TEXT PRIMARY KEY, answer TEXT)")
        started = perf_counter()
        while tally.seconds < seconds:
            connection.execute("INSERT INTO answer VALUES (?, ?)", (uuid4().hex, ANSWER))
            tally.served += 1
            tally.seconds = perf_counter() - started
    return tally
