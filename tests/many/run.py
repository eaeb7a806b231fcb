"""A run of several servers: load, kills, and the comparison with what was acknowledged."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic

from obstore.store import S3Store
from sqlalchemy import create_engine, text

from tests.faults.checker import MARKING_SECONDS, Fault, Finding, check, count_resent_emails
from tests.faults.history import Operation, read_histories
from tests.faults.relay import run_relay
from tests.faults.server_kills import Report, run_database
from tests.faults.stored import read_stored
from tests.many.balancers import Balancer, run_s3
from tests.many.fleet import Fleet, FleetRun
from tests.many.scanner import run_recording_scanner
from tests.running import find_free_port

ADD_OFFICER = (
    *("staff", "add", "officer@leicester.example", "--as", "officer"),
    *("--first-name", "Olive", "--last-name", "Wren", "--phone", "0116 496 0100"),
)
SETTINGS = {"PORTAL_REMIND_DAYS": "[60]", "PORTAL_PROXIES": "127.0.0.1"}
"""Each submitted request is due within 60 days, so that there are reminders at once."""
REMINDERS = """
    SELECT account_id, place, body, count(*) AS times FROM message
    WHERE subject = 'A deadline is near' GROUP BY account_id, place, body
"""


@dataclass(frozen=True)
class Result:
    """Outcome of a run."""

    seconds: float
    operations: list[Operation]
    findings: list[Finding]
    emails: int
    resent_emails: int
    reminders: int
    scans: int
    repeated_scans: int


def kill_one_at_a_time(
    folder: Path,
    seed: int,
    *,
    servers: int,
    kills: int,
    clients: int,
    balancer: Balancer,
    report: Report,
    cold: bool = False,
) -> Result:
    """Run clients against several servers, kill one after the other, and check the stored data."""
    start = monotonic()
    with (
        run_database("postgresql", folder) as url,
        run_s3(folder) as store,
        run_relay(find_free_port()) as relay,
        run_recording_scanner() as (clamd, scanner),
        (folder / "server.log").open("ab") as log,
    ):
        fleet = Fleet(
            folder,
            servers,
            database=url,
            mail_port=relay.port,
            clamd=clamd,
            log=log,
            settings=SETTINGS | store,
            cold=cold,
        )
        with _balanced(fleet, folder, balancer):
            run = FleetRun(fleet, folder, url, relay, seed, report)
            run.fleet = fleet
            run.run(kills, clients)
            run.settle()
        operations = read_histories(folder / "histories")
        stored = read_stored(url, digest_objects(store))
        reminders = count_reminders(url)
    stored.delivered_emails, stored.start_times = relay.emails, run.start_times
    around_kill, unexplained = _find_repeated_scans(scanner.scans, run.start_times)
    return Result(
        seconds=monotonic() - start,
        operations=operations,
        findings=[*check(operations, stored), *unexplained, *find_repeated_reminders(reminders)],
        emails=len(stored.outbox),
        resent_emails=count_resent_emails(stored),
        reminders=len(reminders),
        scans=len(scanner.scans),
        repeated_scans=around_kill,
    )


@contextmanager
def _balanced(fleet: Fleet, folder: Path, balancer: Balancer) -> Iterator[None]:
    """Put a load balancer in front of servers with an officer, and end them afterwards."""
    try:
        with balancer(folder, [server.port for server in fleet.servers]) as fleet.url:
            fleet.run(*ADD_OFFICER)
            yield
            fleet.run("audit", "verify")  # the servers seal it in turns
            fleet.terminate()
    finally:
        fleet.kill()


def find_repeated_reminders(reminders: Mapping[str, int]) -> list[Finding]:
    return [
        Finding(Fault.DUPLICATED, f"reminder of {place}: {count} times")
        for place, count in reminders.items()
        if count > 1
    ]


def digest_objects(settings: Mapping[str, str]) -> dict[str, str]:
    store = S3Store(
        "documents",
        endpoint=settings["AWS_ENDPOINT_URL"],
        access_key_id=settings["AWS_ACCESS_KEY_ID"],
        secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        region=settings["AWS_REGION"],
        client_options={"allow_http": True},
    )
    keys = [found["path"] for page in store.list() for found in page]
    return {key: hashlib.sha256(store.get(key).bytes()).hexdigest() for key in keys}


def count_reminders(url: str) -> dict[str, int]:
    """Return how often each reminder was sent; a case may have several deadlines."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        counts = {
            f"{row.place} to {row.account_id}: {row.body}": int(row.times)
            for row in connection.execute(text(REMINDERS))
        }
    engine.dispose()
    return counts


def _find_repeated_scans(
    scans: Mapping[str, Sequence[float]], kill_times: Sequence[float]
) -> tuple[int, list[Finding]]:
    """Count the scans repeated because of a kill before the verdict, and list the others."""
    around_kill, findings = 0, []
    for digest, times in scans.items():
        for first, _ in pairwise(times):
            if any(0 <= kill - first < MARKING_SECONDS for kill in kill_times):
                around_kill += 1
            else:
                findings.append(Finding(Fault.DUPLICATED, f"scan of {digest}: twice"))
    return around_kill, findings
