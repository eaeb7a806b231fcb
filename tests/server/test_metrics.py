"""The metrics count what happens, name nobody, and are shown to listed addresses only."""

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Client
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from server.core.audit import Action
from server.core.backup_runs import BackupRun, Outcome, RunKind
from server.core.database import Services, Transaction
from server.core.middleware import VERSION
from server.core.outbox import OutboxMail, post_mail
from server.core.seals import Sealing
from server.core.settings import Settings
from server.documents.tables import Document
from server.metrics import CACHE, Gauges
from shared.documents import ScanState
from shared.problems import quoted
from shared.values.days import LONDON, london_day
from tests.advice import ADVICE
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, SECRET, Clock, Factory, Someone, open_client
from tests.running import ColdServer
from tests.server.accounts.steps import auth_header, sign_in
from tests.server.desk.steps import advice_body, create_case_in_assessment
from tests.server.steps import add_child, ok, remind, save, start, upload
from tests.server.test_logs import exercise_api

Sample = tuple[str, frozenset[tuple[str, str]]]

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

LABELS = {
    "portal_build_info": {"version", "database"},
    "portal_http_requests_total": {"route", "method", "status"},
    "portal_http_request_duration_seconds_bucket": {"route", "le"},
    "portal_http_request_duration_seconds_count": {"route"},
    "portal_http_request_duration_seconds_sum": {"route"},
    "portal_queue_wait_seconds_bucket": {"pool", "le"},
    "portal_queue_wait_seconds_count": {"pool"},
    "portal_queue_wait_seconds_sum": {"pool"},
    "portal_saves_total": set(),
    "portal_reminders_total": set(),
    "portal_sign_ins_total": {"outcome"},
    "portal_healthy": {"part"},
    "portal_mail_unsent": set(),
    "portal_mail_oldest_unsent_seconds": set(),
    "portal_mail_given_up": set(),
    "portal_documents_being_checked": set(),
    "portal_documents_held": set(),
    "portal_deadlines_overdue": {"of"},
    "portal_audit_head_age_seconds": set(),
    "portal_backup_age_seconds": {"kind"},
    "portal_database_bytes": set(),
    "portal_disk_bytes": set(),
    "portal_disk_free_bytes": set(),
}
"""Every sample of the metrics, and its labels."""
COUNTED = ("_total", "_bucket", "_count", "_sum")


def add_run(tx: Transaction, kind: RunKind, outcome: Outcome) -> None:
    """Add a run that has just ended."""
    run = BackupRun(
        kind=kind, started_at=tx.now, lease_until=tx.now, finished_at=tx.now, outcome=outcome
    )
    tx.session.add(run)


@pytest.fixture
def prometheus(app: FastAPI, loop: BlockingPortal) -> Client:
    return open_client(app, loop, address="127.0.0.1")


def scrape(http: Client, url: str = "/metrics") -> dict[Sample, float]:
    reply = ok(http.get(url))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def value(samples: dict[Sample, float], name: str, **labels: str) -> float:
    return samples.get((f"portal_{name}", frozenset(labels.items())), 0)


def increases(
    before: dict[Sample, float], after: dict[Sample, float], name: str
) -> dict[str, float]:
    """Map the values of the labels of a counter to its increases, without those that are 0."""
    changes = {
        " ".join(text for _, text in sorted(labels)): count - before.get((sample, labels), 0)
        for (sample, labels), count in after.items()
        if sample == f"portal_{name}"
    }
    return {labels: change for labels, change in changes.items() if change}


def test_names_and_labels_are_a_closed_list_that_names_nobody(
    app: FastAPI,
    someone: Factory,
    http: Client,
    services: Services,
    prometheus: Client,
    loop: BlockingPortal,
    clock: Clock,
) -> None:
    before = scrape(prometheus)
    exercise_api(someone(), http, services)
    clock.move(minutes=1)
    http.request("XFROBNICATE", "/v1/portal")
    loop.call(app.state.health.check)
    loop.call(Sealing(services).seal)
    with services.transaction() as tx:
        add_run(tx, RunKind.BACKUP, Outcome.DONE)
    samples = scrape(prometheus)
    assert {name: set(dict(labels)) for name, labels in samples} == LABELS
    values: dict[str, set[str]] = {}
    for (name, labels), number in samples.items():
        # Other tests of this process have counted too.
        if name.endswith(COUNTED) and before.get((name, labels)) == number:
            continue
        for label, text in labels:
            values.setdefault(label, set()).add(text)
    templates = {route.path for route in iter_route_contexts(app.routes)}
    assert values["route"] <= templates | {"?"}
    assert values["method"] <= {"GET", "POST", "PUT", "PATCH", "DELETE", "other"}
    assert all(len(status) == 3 and status.isdigit() for status in values["status"])
    assert values["pool"] == {"reader", "writer"}
    assert values["outcome"] <= {Action.SIGNED_IN, Action.SIGN_IN_REFUSED, Action.CODE_REFUSED}
    assert values["part"] <= {"database", "store", "outbox", "scanner"}
    assert values["of"] == {"case", "advice"}
    assert values["database"] <= {"sqlite", "postgresql"}


def test_counters_count_what_was_done_once(
    me: Someone,
    officer: Someone,
    services: Services,
    http: Client,
    prometheus: Client,
    clock: Clock,
) -> None:
    before = scrape(prometheus)
    create_case_in_assessment(me, officer, services)
    submission = start(me, add_child(me, first_name="Nell"))
    first = save(me, submission, {"strengths": "x"})
    me.patch(str(first.request.url), content=first.request.content, headers=first.request.headers)
    sign_in(http, me.email, "wrong " + PASSWORD)
    http.headers.update(auth_header(ok(sign_in(http, me.email)).json()["token"]))
    http.post("/v1/session/code", json={"code": "no code"})
    code = code_in(last_email(services, me.email))
    ok(http.post("/v1/session/code", json={"code": code}))
    clock.move(days=300)
    reminded = remind(services)
    after = scrape(prometheus)
    assert reminded
    saves = increases(before, after, "saves_total")
    requests = increases(before, after, "http_requests_total")
    assert requests["PATCH /v1/submissions/{submission}/answers 200"] == saves[""] + 1
    assert increases(before, after, "reminders_total") == {"": reminded}
    assert increases(before, after, "sign_ins_total") == {
        "signed_in": 1,
        "sign_in_refused": 1,
        "code_refused": 1,
    }
    durations = increases(before, after, "http_request_duration_seconds_count")
    assert sum(durations.values()) == sum(requests.values())
    assert increases(before, after, "queue_wait_seconds_count").keys() == {"reader", "writer"}


def test_gauges_show_what_waits(
    me: Someone,
    officer: Someone,
    services: Services,
    prometheus: Client,
    clock: Clock,
    loop: BlockingPortal,
) -> None:
    case = create_case_in_assessment(me, officer, services)
    due = str(london_day(clock()) + timedelta(days=5))
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE, due=due)))
    child = add_child(me, first_name="Nell")
    documents = [UUID(ok(upload(me, child)).json()["id"]) for _ in range(3)]
    clock.move(minutes=1)
    loop.call(Sealing(services).seal)
    with services.transaction() as tx:
        for mail in tx.session.exec(select(OutboxMail)):
            tx.session.delete(mail)
        tx.session.get_one(Document, documents[0]).scan = ScanState.INFECTED
        tx.session.get_one(Document, documents[1]).scan = ScanState.CLEAN
        for _ in range(3):
            post_mail(tx, to=me.email, subject="x", body="x")
        post_mail(tx, to=None, subject="x", body="x")
        tx.session.flush()
        tx.session.exec(select(OutboxMail).limit(1)).one().given_up_at = tx.now
    with services.transaction() as tx:
        add_run(tx, RunKind.BACKUP, Outcome.DONE)
        add_run(tx, RunKind.REHEARSAL, Outcome.FAILED)
    signed = datetime.combine(london_day(clock()), time(), LONDON)
    clock.move(days=300)
    samples = scrape(prometheus)
    assert value(samples, "mail_unsent") == 2
    age = timedelta(days=300).total_seconds()
    assert value(samples, "mail_oldest_unsent_seconds") == pytest.approx(age)
    assert value(samples, "mail_given_up") == 1
    assert value(samples, "documents_being_checked") == 1
    assert value(samples, "documents_held") == 1
    assert value(samples, "deadlines_overdue", of="case") == 1
    assert value(samples, "deadlines_overdue", of="advice") == 1
    age = (clock() - signed).total_seconds()
    assert value(samples, "audit_head_age_seconds") == pytest.approx(age)
    days = timedelta(days=300).total_seconds()
    assert value(samples, "backup_age_seconds", kind="backup") == pytest.approx(days)
    assert not value(samples, "backup_age_seconds", kind="rehearsal")
    assert value(samples, "database_bytes") > 100_000
    assert value(samples, "disk_bytes") >= value(samples, "disk_free_bytes") > 0


@on_sqlite
def test_database_is_read_at_most_every_ten_seconds(
    services: Services, prometheus: Client, clock: Clock
) -> None:
    begun: list[Connection] = []
    event.listen(services.engine, "begin", begun.append)
    for _ in range(3):
        scrape(prometheus)
    assert len(begun) == 1
    clock.move(seconds=CACHE.total_seconds())
    scrape(prometheus)
    assert len(begun) == 2


@on_sqlite
def test_metrics_are_shown_while_the_database_is_away(
    app: FastAPI, services: Services, prometheus: Client, loop: BlockingPortal
) -> None:
    def refuse(_: Connection) -> None:
        raise OperationalError("BEGIN", None, RuntimeError("disk I/O error"))

    event.listen(services.engine, "begin", refuse)
    loop.call(app.state.health.check)
    samples = scrape(prometheus)
    assert value(samples, "healthy", part="database") == 0
    assert ("portal_mail_unsent", frozenset()) not in samples
    assert ("portal_saves_total", frozenset()) in samples


@on_sqlite
@pytest.mark.parametrize(
    ("peer", "networks", "headers", "status"),
    [
        ("127.0.0.1", "", {}, 200),
        ("::1", "", {}, 200),
        ("::ffff:127.0.0.1", "", {}, 200),
        ("192.0.2.7", "", {}, 404),
        ("192.0.2.7", "192.0.2.0/24, 2001:db8::/32", {}, 200),
        ("127.0.0.1", "192.0.2.0/24", {}, 404),
        ("testclient", "", {}, 404),
        ("127.0.0.1", "", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", "", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_metrics_are_shown_to_listed_addresses_without_a_proxy(
    app: FastAPI,
    services: Services,
    loop: BlockingPortal,
    peer: str,
    networks: str,
    headers: dict[str, str],
    status: int,
) -> None:
    if networks:
        readers = Settings(secret_key=SECRET, metrics_from=networks).metrics_from
        settings = services.settings.model_copy(
            update={"metrics_from": readers, "proxies": (ip_network("127.0.0.1"),)}
        )
        app.state.gauges = Gauges(replace(services, settings=settings), app.state.health)
    reply = open_client(app, loop, address=peer).get("/metrics", headers=headers)
    assert reply.status_code == status
    if status == 404:
        assert reply.json() == {
            **open_client(app, loop).get("/no/such/place").json(),
            "request_id": reply.json()["request_id"],
        }


@on_sqlite
def test_figures_of_several_processes_are_added_up(settings: Settings, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    log = tmp_path / "log"
    with pytest.MonkeyPatch.context() as patch, log.open("wb") as file:
        patch.setenv("TMPDIR", str(temporary))
        server = ColdServer(settings.data, workers=2, migrate=False, log=file, log_level="INFO")
    try:
        workers = [
            process
            for process in psutil.Process(server.process.pid).children()
            if "spawn_main" in " ".join(process.cmdline())
        ]
        for worker in workers:
            others = [process for process in workers if process != worker]
            for other in others:
                other.suspend()
            ok(httpx.get(f"{server.url}/v1/portal", timeout=60))
            for other in others:
                other.resume()
        for _ in range(4):
            samples = scrape(httpx.Client(), f"{server.url}/metrics")
            route = {"route": "/v1/portal", "method": "GET", "status": "200"}
            assert value(samples, "http_requests_total", **route) == len(workers) == 2
            assert increases({}, samples, "build_info") == {f"sqlite {VERSION}": 1}
        server.terminate(timeout=20)
        assert not list(temporary.iterdir())
        lines = [json.loads(line) for line in log.read_text().splitlines() if "{" in line]
        requests = [line for line in lines if line["event"] == "request"]
        assert len(requests) >= 7
        assert all(line["quoted"] == quoted(line["request_id"]) for line in requests)
    finally:
        server.kill()
