"""The client's address is taken from X-Forwarded-For of listed proxies only."""

import sqlite3
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.proxies import client_address
from server.core.settings import Settings
from tests.parts import SECRET, open_client
from tests.running import ServerProcess
from tests.server.accounts.steps import sign_in
from tests.server.steps import rows

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

PROXIES = [ip_network(text) for text in ("10.0.0.0/8", "2001:db8:1::/48", "192.0.2.1")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.7,192.0.2.1"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["1.2.3.4, evil"], "10.0.0.1"),
        ("10.0.0.1", ["unknown, 10.0.0.2"], "10.0.0.2"),
        ("2001:db8:1::5", ["2001:DB8:2:0:0::7"], "2001:db8:2::7"),
        ("::ffff:10.0.0.1", ["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("testclient", ["198.51.100.7"], "testclient"),
        ("10.0.0.1", ["", " , "], "10.0.0.1"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_rightmost_address_that_is_no_proxy_is_the_client(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


@pytest.mark.parametrize(("proxies", "expected"), [("", "127.0.0.1"), ("127.0.0.1", "192.0.2.7")])
def test_audit_log_names_the_client(
    app: FastAPI, services: Services, loop: BlockingPortal, proxies: str, expected: str
) -> None:
    settings = services.settings.model_copy(
        update={"proxies": Settings(secret_key=SECRET, proxies=proxies).proxies}
    )
    app.state.services = replace(services, settings=settings)
    http = open_client(app, loop, address="127.0.0.1")
    http.headers["X-Forwarded-For"] = "192.0.2.7"
    sign_in(http, "nobody@osierbeck.example")
    [entry] = rows(services, AuditEvent)
    assert entry.address == expected


@pytest.mark.usefixtures("settings")
def test_server_believes_no_proxy_by_default(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "served")
    try:
        body = {"email": "nobody@osierbeck.example", "password": "wrong"}
        headers = {"X-Forwarded-For": "192.0.2.7"}
        httpx.post(f"{server.url}/v1/sessions", json=body, headers=headers)
        with sqlite3.connect(tmp_path / "served" / "portal.db") as database:
            assert list(database.execute("SELECT address FROM audit_event")) == [("127.0.0.1",)]
    finally:
        server.kill()
