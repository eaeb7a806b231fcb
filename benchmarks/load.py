"""Print how much load one machine can handle: `make load`, or `python -m benchmarks.load --help`.

The real `portal-server serve` runs as a process, on SQLite and on a PostgreSQL of its own, and
clients in this process load it over HTTP: non-stop savers and readers, a mix of both, and
professionals at work, whose number is raised until the p99 of their requests passes 250 ms.

A refusal (503 with Retry-After) is obeyed and counted; any other reply of 400 or above, a broken
connection and no reply within 20 s are errors. The exit code is 1 if there was an error, or a wait
of over 2 s at 64 clients.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.at_work import FIRST_PEOPLE, KINDS, LIMIT, Trial, find_capacity, run_at_work
from benchmarks.cpu import CpuWatch
from benchmarks.databases import DATABASES, Database
from benchmarks.jobs import Job, read, run_for, save
from benchmarks.seeding import SECRET, Professional, Seeder, open_seeded
from benchmarks.server import Server, serving, wait_for
from benchmarks.tally import Tally

CLIENTS = (1, 3, 16, 64, 200)
MIXED = 64
MAX_WAIT = 2.0
"""Longest acceptable wait at 64 clients, in seconds."""
WARM_UP_SECONDS = 2.0
AT_WORK_FACTOR = 4
"""Length of an at-work run, in multiples of a non-stop run."""
ONLY = ("savers", "readers", "mixed", "at-work")
HEAD = ["kind", "clients", "requests/s", "p50 ms", "p99 ms", "worst ms", "refusals", "errors"]
WIDTHS = [10, 7, 10, 7, 7, 8, 8, 6]


@dataclass(frozen=True)
class Options:
    """What to measure, and for how long."""

    databases: tuple[str, ...]
    only: tuple[str, ...]
    seconds: float
    seed: int
    workers: int | None


def parse_options(arguments: list[str]) -> Options:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each row (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="of who does what when (default 1)")
    parser.add_argument("--workers", type=int, help="processes of the server (default: its own)")
    parser.add_argument("--only", action="append", choices=ONLY, help="may be repeated")
    parsed = parser.parse_args(arguments)
    return Options(
        databases=tuple(DATABASES) if parsed.database == "both" else (parsed.database,),
        only=tuple(parsed.only or ONLY),
        seconds=parsed.seconds,
        seed=parsed.seed,
        workers=parsed.workers,
    )


def line(kind: str, clients: int, tally: Tally, shares: dict[str, float]) -> str:
    """Format one row of the table."""
    cells = [
        kind,
        str(clients),
        f"{tally.rate:.0f}",
        *(f"{seconds * 1000:.0f}" for seconds in (tally.p50, tally.p99, tally.worst)),
        str(tally.refusals),
        str(tally.errors.total()),
    ]
    cpu_use = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return f"{_columns(cells)}  {cpu_use}"


def _columns(cells: list[str]) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def failed(clients: int, tally: Tally) -> bool:
    """Return whether a row fails the run: an error, or too long a wait at 64 clients."""
    return bool(tally.errors) or (clients == MIXED and tally.worst > MAX_WAIT)


class Run:
    """The measurements on one database, printed as they complete."""

    def __init__(
        self, options: Options, server: Server, database: Database, seeder: Seeder
    ) -> None:
        self._options, self._server, self._seeder = options, server, seeder
        self._pids = {"server": server.pid}
        if database.pid is not None:
            self._pids["database"] = database.pid
        self.ok = True

    def measure(self) -> None:
        """Measure and print every selected row."""
        print(f"{_columns(HEAD)}  CPU (100% is one core)")
        for kind, clients in self._rows():
            self._nonstop(kind, clients)
        if "at-work" in self._options.only:
            self._at_work()

    def _rows(self) -> Iterator[tuple[str, list[tuple[Professional, Job]]]]:
        for kind, job in (("savers", save), ("readers", read)):
            if kind in self._options.only:
                for count in CLIENTS:
                    yield kind, [(user, job) for user in self._seeder.take(count)]
        if "mixed" in self._options.only:
            people = enumerate(self._seeder.take(MIXED))
            yield "mixed", [(user, save if number % 2 else read) for number, user in people]

    def _nonstop(self, kind: str, clients: list[tuple[Professional, Job]]) -> None:
        wait_for(f"{self._server.url}/v1/health")
        watch = CpuWatch(self._pids)
        tally = run_for(self._server.url, clients, self._options.seconds)
        self._print(kind, len(clients), tally, watch)

    def _print(self, kind: str, clients: int, tally: Tally, watch: CpuWatch) -> None:
        print(line(kind, clients, tally, watch.shares()), flush=True)
        for error, count in tally.errors.most_common():
            print(f"  {count} x {error}")
        self.ok = self.ok and not failed(clients, tally)

    def _at_work(self) -> None:
        # A new server first opens connections and compiles statements, so warm it up.
        clients = [(user, job) for user in self._seeder.take(FIRST_PEOPLE) for job in (save, read)]
        run_for(self._server.url, clients, WARM_UP_SECONDS)
        best: Trial | None = None
        for trial in find_capacity(self._trial):
            if trial.sustained and (best is None or trial.people > best.people):
                best = trial
        limit = f"{LIMIT * 1000:.0f} ms"
        if best is None:
            print(f"No number of professionals at work stayed within a p99 of {limit}.")
            return
        name, tally = best.slowest
        print(
            f"{best.people} professionals at work stayed within a p99 of {limit}; the slowest "
            f"kind was {name}, p99 {tally.p99 * 1000:.0f} ms."
        )

    def _trial(self, people: int) -> Trial:
        professionals = self._seeder.take(people)
        wait_for(f"{self._server.url}/v1/health")
        watch = CpuWatch(self._pids)
        seconds = AT_WORK_FACTOR * self._options.seconds
        trial = run_at_work(self._server.url, professionals, seconds, self._options.seed + people)
        self._print("at work", people, trial.total, watch)
        return trial


def main(arguments: list[str]) -> int:
    """Measure each database; returns exit code 1 if there was an error or too long a wait."""
    options = parse_options(arguments)
    intervals = ", ".join(f"{kind.name} every {kind.every:g} s" for kind in KINDS)
    print(f"Seed {options.seed}. At work: {intervals}.")
    ok = True
    for name in options.databases:
        with DATABASES[name]() as database:
            services = open_seeded(database.folder, database.url)
            seeder = Seeder(services, options.seed)
            seeder.take(max(CLIENTS))
            with serving(database.folder, SECRET, database.url, options.workers) as server:
                print(f"\n{name}")
                run = Run(options, server, database, seeder)
                run.measure()
            services.engine.dispose()
            ok = ok and run.ok
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
