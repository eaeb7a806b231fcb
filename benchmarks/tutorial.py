"""Compare the portal with the tutorial app, with the same jobs and rows, in turn.

At 64 clients the tutorial app hangs for half a minute, so this is measured once, at the end.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.jobs import Job, run_for
from benchmarks.load_results import LoadResults
from benchmarks.row import Row, measure_in_turn
from benchmarks.seeding import SECRET, Professional, Seeder, database_file, open_for_seeding
from benchmarks.server import find_free_port, run_portal_server, run_server
from benchmarks.terminal import build_environment

SECONDS = 1.0
MANY_CLIENTS = 64
TUTORIAL_APP = "the tutorial app"
MAX_P99_MS = 300
"""Highest acceptable p99 at 64 clients, in milliseconds."""


@dataclass(frozen=True)
class Target:
    """A server to measure, and the professionals signed in to it."""

    url: str
    people: list[Professional]

    def run(self, job: Job, clients: int, seconds: float = SECONDS) -> LoadResults:
        """Run a job repeatedly for the first `clients` professionals."""
        return run_for(self.url, [(user, job) for user in self.people[:clients]], seconds)


def seed_database(folder: Path, count: int) -> list[Professional]:
    """Create a SQLite database with `count` professionals in a folder."""
    services = open_for_seeding(folder)
    people = Seeder(services).get_professionals(count)
    services.engine.dispose()
    return people


@contextmanager
def run_portal(count: int, prepare: Callable[[Path], None] | None = None) -> Iterator[Target]:
    """Run the portal's server with one worker, on SQLite with `count` professionals.

    `prepare` may change the database file before the server starts.
    """
    with TemporaryDirectory() as folder:
        people = seed_database(Path(folder), count)
        if prepare is not None:
            prepare(database_file(Path(folder)))
        with run_portal_server(Path(folder), SECRET, workers=1) as server:
            yield Target(server.url, people)


@contextmanager
def run_tutorial_app(count: int) -> Iterator[Target]:
    """Run the tutorial app with one worker, on SQLite with `count` professionals."""
    with TemporaryDirectory() as folder:
        people = seed_database(Path(folder), count)
        port = find_free_port()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.tutorial_app:app"]
        command += ["--port", str(port), "--no-access-log", "--log-level", "critical"]
        env = {
            **build_environment(Path(folder)),
            "PORTAL_SECRET_KEY": SECRET,
            "TUTORIAL_DATABASE": f"sqlite:///{database_file(Path(folder))}",
        }
        with run_server(command, env, port, "/openapi.json") as server:
            yield Target(server.url, people)


def compare_with_tutorial(
    figure: str,
    label: str,
    job: Job,
    goals: Mapping[int, float],
    extra_baselines: Mapping[str, Callable[[], LoadResults]] | None = None,
) -> Iterator[Row]:
    """Compare a job with the tutorial app, at each goal's number of clients and at 64.

    `extra_baselines` are measured in turn with the others, and have no goal.
    """
    with run_portal(MANY_CLIENTS) as ours, run_tutorial_app(MANY_CLIENTS) as theirs:
        for clients, goal in goals.items():
            measures: dict[str, Callable[[], LoadResults]] = {
                "ours": partial(ours.run, job, clients),
                TUTORIAL_APP: partial(theirs.run, job, clients),
                **(extra_baselines or {}),
            }
            results = measure_in_turn(measures)
            rates = {name: median(run.rate for run in results[name]) for name in results}
            for baseline in list(measures)[1:]:
                yield Row(
                    figure,
                    f"{label}, {format_clients(clients)}, vs {baseline}",
                    rates["ours"],
                    rates[baseline],
                    goal if baseline == TUTORIAL_APP else None,
                    "/s",
                    higher_is_better=True,
                )
        ours_overloaded = measure_in_turn({"ours": partial(ours.run, job, MANY_CLIENTS)})["ours"]
        theirs_overloaded = theirs.run(job, MANY_CLIENTS)
    yield from _compare_overloaded(figure, label, ours_overloaded, theirs_overloaded)


def _compare_overloaded(
    figure: str, label: str, ours: Sequence[LoadResults], theirs: LoadResults
) -> Iterator[Row]:
    """Compare the p99 and the errors at 64 clients."""
    yield Row(
        figure,
        f"{label}, {format_clients(MANY_CLIENTS)}, p99",
        median(run.p99 for run in ours) * 1000,
        theirs.p99 * 1000,
        MAX_P99_MS,
        "ms",
        absolute=True,
    )
    yield Row(
        figure,
        f"{label}, {format_clients(MANY_CLIENTS)}, errors",
        sum(run.errors.total() for run in ours),
        theirs.errors.total(),
        0,
        "",
        absolute=True,
    )


def format_clients(clients: int) -> str:
    """Format a number of clients."""
    return f"{clients} client{'' if clients == 1 else 's'}"
