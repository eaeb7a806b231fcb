"""The health check names the failing part and never waits for busy threads."""

import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from server.core.database import Services
from server.core.health import MAX_BUSY_CHECKS, Health
from server.core.outbox import OutboxMail, post_mail
from server.core.problems import busy
from server.core.settings import Settings
from server.core.units import POSTGRESQL_READERS
from shared.health import State
from tests.parts import Clock
from tests.server.clamd import run_clamd

pytestmark = pytest.mark.both_databases

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def test_healthy_server_is_ok(http: Client) -> None:
    reply = http.get("/v1/health")
    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ok",
        "database": "ok",
        "store": "ok",
        "outbox": "ok",
        "scanner": "unknown",
    }


@on_sqlite
def test_damaged_database_is_not_ok(http: Client, services: Services, settings: Settings) -> None:
    services.engine.dispose()
    file = settings.data / "portal.db"
    content = file.read_bytes()
    file.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    reply = http.get("/v1/health")
    assert (reply.status_code, reply.json()["database"]) == (503, "failing")


def test_read_only_database_is_not_ok(http: Client, services: Services) -> None:
    def refuse(connection: Connection) -> None:
        if connection.get_execution_options()["writes"]:
            error = sqlite3.OperationalError("attempt to write a readonly database")
            raise OperationalError("BEGIN IMMEDIATE", None, error)

    event.listen(services.engine, "begin", refuse)
    reply = http.get("/v1/health")
    assert (reply.status_code, reply.json()["database"]) == (503, "failing")


def test_busy_database_is_not_ok(
    app: FastAPI, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = app.state.health.check
    assert loop.call(check).database is State.OK

    async def refuse(*_: object) -> None:
        raise busy(1)

    with monkeypatch.context() as patch:
        patch.setattr(Services, "write", refuse)
        states = [loop.call(check).database for _ in range(MAX_BUSY_CHECKS)]
    assert states == [State.OK] * (MAX_BUSY_CHECKS - 1) + [State.FAILING]
    assert loop.call(check).database is State.OK


@on_sqlite
def test_missing_store_is_not_ok(http: Client, settings: Settings) -> None:
    (settings.data / "documents").rmdir()
    reply = http.get("/v1/health")
    assert (reply.status_code, reply.json()["store"]) == (503, "failing")
    assert reply.json()["database"] == "ok"


def test_delayed_mail_is_reported_while_server_stays_up(
    http: Client, services: Services, clock: Clock
) -> None:
    with services.transaction() as tx:
        post_mail(tx, to="a@osierbeck.example", subject="A", body="B")
    clock.now += timedelta(minutes=16)
    reply = http.get("/v1/health")
    assert (reply.status_code, reply.json()["outbox"]) == (200, "failing")
    with services.transaction() as tx:
        tx.session.delete(tx.session.query(OutboxMail).one())


def test_health_is_answered_while_all_threads_are_busy(
    http: Client, app: FastAPI, services: Services, loop: BlockingPortal
) -> None:
    http.get("/v1/health")
    release = threading.Event()
    blocked = [
        loop.start_task_soon(services.read, lambda _: release.wait(10))
        for _ in range(POSTGRESQL_READERS)
    ]
    assert http.get("/v1/health").status_code == 200
    assert not any(work.done() for work in blocked)
    release.set()
    assert all(work.result(10) for work in blocked)


@pytest.mark.parametrize(
    ("clamd", "unscanned", "expected"),
    [
        ("", "accept", "unknown"),
        ("", "hold", "failing"),
        ("unix:///nowhere/clamd.ctl", "hold", "failing"),
        ("unix:///nowhere/clamd.ctl", "accept", "failing"),
    ],
)
def test_missing_antivirus_is_reported_while_server_stays_up(
    http: Client, services: Services, app: FastAPI, clamd: str, unscanned: str, expected: str
) -> None:
    settings = services.settings.model_copy(update={"clamd": clamd, "unscanned": unscanned})
    app.state.health = Health(replace(services, settings=settings))
    reply = http.get("/v1/health")
    assert (reply.status_code, reply.json()["scanner"]) == (200, expected)


def test_antivirus_that_answers_is_ok(http: Client, services: Services, app: FastAPI) -> None:
    with TemporaryDirectory(prefix="clamd-") as folder, run_clamd(Path(folder)) as clamd:
        settings = services.settings.model_copy(update={"clamd": clamd.address})
        app.state.health = Health(replace(services, settings=settings))
        assert http.get("/v1/health").json()["scanner"] == "ok"


@on_sqlite
def test_part_that_begins_to_fail_is_logged_once(
    services: Services, loop: BlockingPortal, clock: Clock
) -> None:
    health = Health(services)
    with capture_logs() as lines:
        loop.call(health.check)
        with services.transaction() as tx:
            post_mail(tx, to="a@osierbeck.example", subject="x", body="x")
        clock.move(minutes=16)
        loop.call(health.check)
        loop.call(health.check)
    [line] = lines
    assert (line["log_level"], line["event"], line["part"]) == ("error", "not_healthy", "outbox")
    assert "PORTAL_MAIL_HOST" in line["do"]
