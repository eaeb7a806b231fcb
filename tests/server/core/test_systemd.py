"""The server as a service of systemd: readiness, watchdog, and a socket that outlives it."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from threading import Event

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from server.core.database import Services
from server.core.health import Health
from server.core.systemd import report_alive
from tests.parts import copy_sqlite
from tests.running import TIMEOUT_SECONDS
from tests.server.core.service import Service

CALLERS = 2


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Socket that outlives the service."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as listener:
        yield listener


def test_restart_refuses_no_request(
    tmp_path: Path, sqlite_template: Path, listener: socket.socket
) -> None:
    copy_sqlite(sqlite_template, tmp_path)
    with closing(Service(tmp_path, listener, workers=2)) as service:
        service.wait_for("WATCHDOG=1")
        (host, port), stop = listener.getsockname(), Event()

        def call() -> set[int]:
            """Send requests until the end, each by a connection of its own."""
            statuses = set()
            while not stop.is_set():
                with closing(HTTPConnection(host, port, TIMEOUT_SECONDS)) as connection:
                    connection.request("GET", "/v1/health")
                    statuses.add(connection.getresponse().status)
            return statuses

        with ThreadPoolExecutor(CALLERS) as pool:
            calls = [pool.submit(call) for _ in range(CALLERS)]
            try:
                service.terminate(TIMEOUT_SECONDS)
                service.wait_for("STOPPING=1")
                service.start()
            finally:
                stop.set()
        assert [statuses.result() for statuses in calls] == [{200}] * CALLERS


def test_new_connection_is_served_while_server_stops(
    tmp_path: Path, sqlite_template: Path, listener: socket.socket
) -> None:
    copy_sqlite(sqlite_template, tmp_path)
    with closing(Service(tmp_path, listener)) as service:
        address = listener.getsockname()
        with socket.create_connection(address, TIMEOUT_SECONDS) as connection:
            # The server accepts connections in their order, so it has accepted that one as well.
            body = {"email": "nobody@osierbeck.example", "password": "wrong"}
            assert httpx.post(f"{service.url}/v1/sessions", json=body).status_code == 401
            service.process.terminate()
            service.wait_for("STOPPING=1")
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: portal.example\r\n\r\n")
            reply = connection.makefile("rb").read()
        assert reply.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in reply
        assert service.wait_for_exit(timeout=TIMEOUT_SECONDS)
    # A socket of systemd's names the address of the client, as one of the server's own does.
    with sqlite3.connect(tmp_path / "portal.db") as database:
        assert list(database.execute("SELECT address FROM audit_event")) == [("127.0.0.1",)]


def hang() -> None:
    """Check the health once, and then never again."""
    report_alive()
    Event().wait()


def test_worker_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "WATCHDOG_USEC", "200000")
    worker = get_context("spawn").Process(target=hang, daemon=True)
    worker.start()
    worker.join(TIMEOUT_SECONDS)
    assert worker.exitcode == 1


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_checked", [True, False])
def test_only_health_checks_postpone_watchdog(
    is_checked: bool,
    services: Services,
    loop: BlockingPortal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", notified.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "120000000")
        broken = replace(services, store=None)  # type: ignore[arg-type]  # so that a check fails
        health = Health(services if is_checked else broken)
        if is_checked:
            loop.call(health.check_and_report)
            assert notified.recv(100) == b"WATCHDOG=1"
        else:
            with pytest.raises(AttributeError):
                loop.call(health.check_and_report)
            with pytest.raises(BlockingIOError):
                notified.recv(100)
