"""Compare the portal to the tutorial app: the same jobs on the same rows, in turn.

At 64 clients the tutorial app hangs for half a minute, so that is measured once and last.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.jobs import Job, run_for
from benchmarks.row import Row, measure_in_turn
from benchmarks.seeding import SECRET, Professional, Seeder, database_file, open_seeded
from benchmarks.server import free_port, process, serving
from benchmarks.tally import Tally
from benchmarks.terminal import environment

SECONDS = 1.0
MANY = 64
TUTORIAL = "the tutorial app"
P99_MS = 300
"""Highest acceptable p99 at 64 clients, in milliseconds."""


@dataclass(frozen=True)
class Side:
    """A server and the professionals signed in to it."""

    url: str
    people: list[Professional]

    def run(self, job: Job, clients: int, seconds: float = SECONDS) -> Tally:
        """Run a job repeatedly for some of the professionals."""
        return run_for(self.url, [(user, job) for user in self.people[:clients]], seconds)


def seed(folder: Path, count: int) -> list[Professional]:
    """Create a SQLite database in a folder with `count` professionals."""
    services = open_seeded(folder)
    people = Seeder(services).take(count)
    services.engine.dispose()
    return people


@contextmanager
def portal(count: int, prepare: Callable[[Path], None] | None = None) -> Iterator[Side]:
    """Start the portal's server with one worker, on SQLite with `count` professionals.

    `prepare` may add to the database file before the server starts.
    """
    with TemporaryDirectory() as folder:
        people = seed(Path(folder), count)
        if prepare is not None:
            prepare(database_file(Path(folder)))
        with serving(Path(folder), SECRET, workers=1) as server:
            yield Side(server.url, people)


@contextmanager
def tutorial(count: int) -> Iterator[Side]:
    """Start the tutorial app in one worker, on SQLite with `count` professionals."""
    with TemporaryDirectory() as folder:
        people = seed(Path(folder), count)
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.tutorial_app:app"]
        command += ["--port", str(port), "--no-access-log", "--log-level", "critical"]
        env = {
            **environment(Path(folder)),
            "PORTAL_SECRET_KEY": SECRET,
            "TUTORIAL_DATABASE": f"sqlite:///{database_file(Path(folder))}",
        }
        with process(command, env, port, "/openapi.json") as server:
            yield Side(server.url, people)


def rows_of(
    figure: str,
    label: str,
    job: Job,
    goals: Mapping[int, float],
    extra_baselines: Mapping[str, Callable[[], Tally]] | None = None,
) -> Iterator[Row]:
    """Compare a job to the tutorial app's, at each goal's number of clients and at 64.

    `extra_baselines` are measured in turn with the others and only reported.
    """
    with portal(MANY) as ours, tutorial(MANY) as theirs:
        for clients, goal in goals.items():
            measures: dict[str, Callable[[], Tally]] = {
                "ours": partial(ours.run, job, clients),
                TUTORIAL: partial(theirs.run, job, clients),
                **(extra_baselines or {}),
            }
            tallies = measure_in_turn(measures)
            rate = {side: median(tally.rate for tally in tallies[side]) for side in tallies}
            for baseline in list(measures)[1:]:
                yield Row(
                    figure,
                    f"{label}, {count_text(clients)}, to {baseline}",
                    rate["ours"],
                    rate[baseline],
                    goal if baseline == TUTORIAL else None,
                    "/s",
                    least=True,
                )
        many = measure_in_turn({"ours": partial(ours.run, job, MANY)})["ours"]
        broken = theirs.run(job, MANY)
    yield Row(
        figure,
        f"{label}, {count_text(MANY)}, p99",
        median(tally.p99 for tally in many) * 1000,
        broken.p99 * 1000,
        P99_MS,
        "ms",
        absolute=True,
    )
    yield Row(
        figure,
        f"{label}, {count_text(MANY)}, errors",
        sum(tally.errors.total() for tally in many),
        broken.errors.total(),
        0,
        "",
        absolute=True,
    )


def count_text(clients: int) -> str:
    """Format a number of clients."""
    return f"{clients} client{'' if clients == 1 else 's'}"
