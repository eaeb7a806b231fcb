"""Print how much load one machine can handle: `make load`, or `python -m benchmarks.load --help`.

The real `portal-server serve` runs in its own process, on SQLite and on a temporary PostgreSQL, and
clients in this process send requests to it: non-stop savers and readers, a mix of both, and
professionals at work, whose number is raised until the p99 of their requests exceeds 250 ms.

A refusal (503 with Retry-After) is counted, and the request is retried. Any other status of 400 or
above, a lost connection and a timeout of 20 s are errors. The exit code is 1 if there was an error,
or a latency of over 2 s at 64 clients.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.at_work import FIRST_PEOPLE, KINDS, MAX_P99, Trial, find_capacity, run_at_work
from benchmarks.cpu import CpuMonitor
from benchmarks.databases import DATABASES, Database
from benchmarks.jobs import Job, read, run_for, save
from benchmarks.load_results import LoadResults
from benchmarks.seeding import SECRET, Professional, Seeder, open_for_seeding
from benchmarks.server import Server, run_portal_server, wait_for_server

CLIENT_COUNTS = (1, 3, 16, 64, 200)
MIXED_CLIENTS = 64
MAX_LATENCY = 2.0
"""Highest acceptable latency at 64 clients, in seconds."""
WARM_UP_SECONDS = 2.0
AT_WORK_FACTOR = 4
"""Length of an at-work run, in multiples of a non-stop run."""
WORKLOADS = ("savers", "readers", "mixed", "at-work")
HEADER = ["kind", "clients", "requests/s", "p50 ms", "p99 ms", "max ms", "refusals", "errors"]
WIDTHS = [10, 7, 10, 7, 7, 8, 8, 6]


@dataclass(frozen=True)
class LoadOptions:
    """What to measure, and for how long."""

    databases: tuple[str, ...]
    workloads: tuple[str, ...]
    seconds: float
    seed: int
    workers: int | None


def parse_options(arguments: list[str]) -> LoadOptions:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="duration of each row (default 3)"
    )
    parser.add_argument("--seed", type=int, default=1, help="random seed (default 1)")
    parser.add_argument(
        "--workers", type=int, help="number of server processes (default: the server's)"
    )
    parser.add_argument(
        "--only", action="append", choices=WORKLOADS, help="measure only this; may be repeated"
    )
    namespace = parser.parse_args(arguments)
    return LoadOptions(
        databases=tuple(DATABASES) if namespace.database == "both" else (namespace.database,),
        workloads=tuple(namespace.only or WORKLOADS),
        seconds=namespace.seconds,
        seed=namespace.seed,
        workers=namespace.workers,
    )


def format_line(kind: str, clients: int, results: LoadResults, cpu_usage: dict[str, float]) -> str:
    """Format one row of the table."""
    cells = [
        kind,
        str(clients),
        f"{results.rate:.0f}",
        *(f"{seconds * 1000:.0f}" for seconds in (results.p50, results.p99, results.max_latency)),
        str(results.refusals),
        str(results.errors.total()),
    ]
    cpu_cell = ", ".join(f"{name} {cores:.0%}" for name, cores in cpu_usage.items())
    return f"{_align(cells)}  {cpu_cell}"


def _align(cells: list[str]) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def is_failure(clients: int, results: LoadResults) -> bool:
    """Return whether a row has errors, or too high a latency at 64 clients."""
    return bool(results.errors) or (clients == MIXED_CLIENTS and results.max_latency > MAX_LATENCY)


class DatabaseRun:
    """Measurements on one database, printed as they complete."""

    def __init__(
        self, options: LoadOptions, server: Server, database: Database, seeder: Seeder
    ) -> None:
        self._options, self._server, self._seeder = options, server, seeder
        self._pids = {"server": server.pid}
        if database.pid is not None:
            self._pids["database"] = database.pid
        self.ok = True

    def measure(self) -> None:
        """Measure and print every selected row."""
        print(f"{_align(HEADER)}  CPU (100% is one core)")
        for kind, clients in self._nonstop_clients():
            self._run_nonstop(kind, clients)
        if "at-work" in self._options.workloads:
            self._find_capacity()

    def _nonstop_clients(self) -> Iterator[tuple[str, list[tuple[Professional, Job]]]]:
        for kind, job in (("savers", save), ("readers", read)):
            if kind in self._options.workloads:
                for count in CLIENT_COUNTS:
                    yield kind, [(user, job) for user in self._seeder.get_professionals(count)]
        if "mixed" in self._options.workloads:
            people = enumerate(self._seeder.get_professionals(MIXED_CLIENTS))
            yield "mixed", [(user, save if number % 2 else read) for number, user in people]

    def _run_nonstop(self, kind: str, clients: list[tuple[Professional, Job]]) -> None:
        wait_for_server(f"{self._server.url}/v1/health")
        monitor = CpuMonitor(self._pids)
        results = run_for(self._server.url, clients, self._options.seconds)
        self._print(kind, len(clients), results, monitor)

    def _print(self, kind: str, clients: int, results: LoadResults, monitor: CpuMonitor) -> None:
        print(format_line(kind, clients, results, monitor.measure()), flush=True)
        for error, count in results.errors.most_common():
            print(f"  {count} x {error}")
        self.ok = self.ok and not is_failure(clients, results)

    def _find_capacity(self) -> None:
        # The first requests open connections and compile statements, so they are not measured.
        clients = [
            (user, job)
            for user in self._seeder.get_professionals(FIRST_PEOPLE)
            for job in (save, read)
        ]
        run_for(self._server.url, clients, WARM_UP_SECONDS)
        best: Trial | None = None
        for trial in find_capacity(self._run_trial):
            if trial.sustained and (best is None or trial.people > best.people):
                best = trial
        limit = f"{MAX_P99 * 1000:.0f} ms"
        if best is None:
            print(f"No number of professionals at work stayed within a p99 of {limit}.")
            return
        name, results = best.slowest
        print(
            f"{best.people} professionals at work stayed within a p99 of {limit}; the slowest "
            f"kind was {name}, p99 {results.p99 * 1000:.0f} ms."
        )

    def _run_trial(self, people: int) -> Trial:
        professionals = self._seeder.get_professionals(people)
        wait_for_server(f"{self._server.url}/v1/health")
        monitor = CpuMonitor(self._pids)
        seconds = AT_WORK_FACTOR * self._options.seconds
        trial = run_at_work(self._server.url, professionals, seconds, self._options.seed + people)
        self._print("at work", people, trial.total, monitor)
        return trial


def main(arguments: list[str]) -> int:
    """Measure each database, and return exit code 1 if a row failed."""
    options = parse_options(arguments)
    intervals = ", ".join(f"{kind.name} every {kind.interval:g} s" for kind in KINDS)
    print(f"Seed {options.seed}. At work: {intervals}.")
    ok = True
    for name in options.databases:
        with DATABASES[name]() as database:
            services = open_for_seeding(database.folder, database.url)
            seeder = Seeder(services, options.seed)
            seeder.get_professionals(max(CLIENT_COUNTS))
            with run_portal_server(
                database.folder, SECRET, database.url, options.workers
            ) as server:
                print(f"\n{name}")
                run = DatabaseRun(options, server, database, seeder)
                run.measure()
            services.engine.dispose()
            ok = ok and run.ok
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
