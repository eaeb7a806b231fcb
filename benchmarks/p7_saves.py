"""P7: durable saves of one kilobyte, with one worker."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

from benchmarks.jobs import ANSWER, save
from benchmarks.load_results import LoadResults
from benchmarks.row import Row
from benchmarks.tutorial import SECONDS, compare_with_tutorial

GOALS = {1: 2.0, 16: 4.0}


def measure_rows() -> Iterator[Row]:
    """Compare saves with those of the tutorial app and with raw SQLite commits."""
    raw = {"raw commits": partial(run_raw_commits, SECONDS)}
    yield from compare_with_tutorial("P7", "saves", save, GOALS, raw)


def run_raw_commits(seconds: float) -> LoadResults:
    """Insert a kilobyte per transaction, with the server's SQLite settings."""
    results = LoadResults()
    with (
        TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE answer (id TEXT PRIMARY KEY, answer TEXT)")
        started_at = perf_counter()
        while results.seconds < seconds:
            connection.execute("INSERT INTO answer VALUES (?, ?)", (uuid4().hex, ANSWER))
            results.served += 1
            results.seconds = perf_counter() - started_at
    return results
