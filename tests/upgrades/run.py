"""A run: work on the old version, the upgrade, the way back, and the comparison afterwards."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time

from tests.faults.checker import Finding, check
from tests.faults.history import Operation, read_histories
from tests.faults.relay import run_relay
from tests.faults.server_kills import KillRun, Report, run_database
from tests.faults.stored import digest_files, read_stored
from tests.running import find_free_port
from tests.upgrades.fleet import MixedFleet
from tests.upgrades.readers import Reader, run_readers
from tests.upgrades.versions import Version

MIGRATION_ATTEMPTS = 10
LOCKED = "lock timeout"


@dataclass(frozen=True)
class Phase:
    """A part of the run: what was done, and from when to when."""

    name: str
    start: float
    end: float


@dataclass
class Result:
    """Outcome of a run."""

    seconds: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class UpgradeRun(KillRun):
    """Run of clients while servers are replaced by those of another version, and back."""

    fleet: MixedFleet
    old: Version
    new: Version
    size: int
    load_seconds: float
    side_by_side: bool

    def _kill_repeatedly(self, kills: int, futures: Sequence[Future[None]]) -> None:
        self.result = Result()
        self._futures = futures
        readers = self.members[: max(1, len(self.members) // 2)]
        with run_readers(self.fleet.url, readers) as self.result.readers:
            self._work("old servers")
            if self.side_by_side:
                self._upgrade_side_by_side()
            else:
                self._upgrade_with_a_stop()

    def _upgrade_side_by_side(self) -> None:
        with self._phase("new code migrates, old servers serve"):
            self._migrate()
        self._work("old servers on the new schema")
        restarts = self.fleet.can_start(self.old)
        self._note(f"old servers can start on the new schema: {'yes' if restarts else 'no'}")
        if restarts:
            with self._phase("an old server is killed and started again"):
                self._restart_one(self.old)
        with self._phase("new servers replace old ones"):
            self._replace(self.old, self.new)
        self._work("new servers")
        if restarts:
            with self._phase("old servers replace new ones"):
                self._replace(self.new, self.old)
            with self._phase("new code migrates back, old servers serve"):
                self._migrate("--to", self.old.revision, "--yes")
        else:
            with self._phase("stop, migrate back, start"):
                self._switch(self.new, self.old, "--to", self.old.revision, "--yes")
        self._work("old servers again")

    def _upgrade_with_a_stop(self) -> None:
        with self._phase("stop, migrate, start"):
            self._switch(self.old, self.new)
        self._work("new servers")
        with self._phase("stop, migrate back, start"):
            self._switch(self.new, self.old, "--to", self.old.revision, "--yes")
        self._work("old servers again")

    def _switch(self, before: Version, after: Version, *arguments: str) -> None:
        start = monotonic()
        for number in range(self.size):
            self.fleet.stop_one(before, number)
        self._migrate(*arguments)
        for number in range(self.size):
            self.fleet.start_one(after, number)
        self.fleet.list_running()
        self._note(f"no server of {before.name} or after: {monotonic() - start:.1f} s")

    def _migrate(self, *arguments: str) -> None:
        """Migrate by the new code, again if the database was busy."""
        for attempt in range(1, MIGRATION_ATTEMPTS + 1):
            start = monotonic()
            ended = self.fleet.run_as(self.new, "migrate", *arguments)
            last = (ended.output or ended.errors).strip().splitlines()[-1]
            self._note(f"migrate, attempt {attempt}, {monotonic() - start:.1f} s: {last}")
            if ended.code == 0:
                return
            assert LOCKED in ended.errors, ended.errors
        raise AssertionError("The database was busy at every attempt.")

    def _replace(self, before: Version, after: Version) -> None:
        for number in range(self.size):
            self.fleet.start_one(after, number)
            self.fleet.list_running()
            self._wait()
            self.fleet.withdraw_one(before, number)
            self.fleet.stop_one(before, number)
            self._wait()

    def _restart_one(self, version: Version) -> None:
        self.fleet.kill_one(version, 0)
        self.start_times.append(time())
        self._wait()
        self.fleet.start_one(version, 0)
        self._wait()

    def _work(self, name: str) -> None:
        with self._phase(name):
            self._wait()
            self._wait()

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._report(name)
        start = time()
        yield
        self.result.phases.append(Phase(name, start, time()))

    def _note(self, text: str) -> None:
        self.result.notes.append(text)
        self._report(f"  {text}")

    def _wait(self) -> None:
        """Let the clients work for a while; fail if one failed."""
        done, _ = wait(self._futures, self.load_seconds, FIRST_COMPLETED)
        for future in done:
            future.result()


def upgrade_and_go_back(
    folder: Path,
    seed: int,
    *,
    make_versions: Callable[[Path], tuple[Version, Version]],
    database: str,
    side_by_side: bool,
    servers: int,
    clients: int,
    load_seconds: float,
    report: Report,
) -> Result:
    """Upgrade from an old version to a new one and back under load, and check the stored data."""
    start = monotonic()
    old, new = make_versions(folder)
    with (
        run_database(database, folder) as url,
        run_relay(find_free_port()) as relay,
        (folder / "old.log").open("ab") as old_log,
        (folder / "new.log").open("ab") as new_log,
    ):
        logs = {old: old_log, new: new_log}
        fleet = MixedFleet(folder, servers, database=url, mail_port=relay.port, logs=logs)
        run = UpgradeRun(fleet, folder, url, relay, seed, report)
        run.fleet, run.old, run.new, run.size = fleet, old, new, servers
        run.load_seconds, run.side_by_side = load_seconds, side_by_side
        with _started(fleet, old, servers, folder):
            run.run(0, clients)
            run.settle()
        result = run.result
        result.operations = read_histories(folder / "histories")
        stored = read_stored(url, digest_files(folder / "documents"))
    stored.delivered_emails, stored.start_times = relay.emails, run.start_times
    result.findings = check(result.operations, stored)
    result.seconds = monotonic() - start
    return result


@contextmanager
def _started(fleet: MixedFleet, old: Version, servers: int, folder: Path) -> Iterator[None]:
    """Start the servers of the old version behind a proxy, and end all afterwards."""
    try:
        for number in range(servers):
            fleet.start_one(old, number, migrate=number == 0)
        fleet.proxy.write_list([server.port for server in fleet.running])
        with fleet.proxy.run(folder / "caddy.log"):
            yield
            fleet.run("audit", "verify")
            fleet.terminate()
    finally:
        fleet.kill()
