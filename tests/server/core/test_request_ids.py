"""Each request has an id: in its reply, in its problem and in its log lines."""

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from httpx import Client
from structlog.testing import capture_logs

from server.core.database import Services
from server.core.request_ids import add_request_id
from shared.problems import quoted
from tests.parts import Factory, Someone, open_client

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
FORWARDED = "6fd31a1c-4f45-4d3a-9d3e-0b6f0b1d7c55"


def test_every_reply_has_an_id_of_its_own(me: Someone, http: Client) -> None:
    replies = [
        http.get("/v1/portal"),
        http.get("/no/such/place"),
        http.get("/receipt"),
        http.get("/v1/portal", headers={"Portal-Client": "9.0.0"}),
        me.get("/v1/people"),
        me.post("/v1/people", json={"first_name": 5}),
    ]
    ids = [reply.headers["X-Request-ID"] for reply in replies]
    assert all(re.fullmatch("[0-9a-f]{32}", id) for id in ids)
    assert len(set(ids)) == len(ids)
    problems = [reply for reply in replies if reply.status_code >= 400]
    assert len(problems) == 3
    for reply in problems:
        assert reply.json()["request_id"] == reply.headers["X-Request-ID"]


def test_problem_of_a_worker_thread_has_the_id(someone: Factory) -> None:
    me = someone(signed_in=False)
    reply = me.post("/v1/session/code", json={"code": "000000"})
    assert (reply.status_code, reply.json()["request_id"]) == (422, reply.headers["X-Request-ID"])


def test_all_log_lines_of_a_request_have_its_id_and_what_users_quote(
    me: Someone, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("server.people.routes.list_people", crash)
    with capture_logs([add_request_id]) as lines:
        reply = me.get("/v1/people")
        other = http.get("/v1/portal")
    crashed, logged, next_logged = lines
    id = reply.json()["request_id"]
    assert [crashed["event"], logged["event"]] == ["unexpected", "request"]
    for line in (crashed, logged):
        assert (line["request_id"], line["quoted"]) == (id, quoted(id))
    assert next_logged["request_id"] == other.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("peer", "sent", "is_used"),
    [
        ("10.0.0.1", FORWARDED, True),
        ("10.0.0.1", "5f0c9a3b6d7e48f1a2b3c4d5e6f70812", True),
        ("192.0.2.7", FORWARDED, False),
        ("testclient", FORWARDED, False),
        ("10.0.0.1", "short", False),
        ("10.0.0.1", "x" * 41, False),
        ("10.0.0.1", "ada@osierbeck.example", False),
        ("10.0.0.1", "two words here", False),
        ("10.0.0.1", "line" + chr(10) + "break", False),
        ("10.0.0.1", "", False),
    ],
)
def test_id_is_believed_from_listed_proxies_if_it_looks_like_one(
    app: FastAPI, services: Services, loop: BlockingPortal, peer: str, sent: str, is_used: bool
) -> None:
    settings = services.settings.model_copy(update={"proxies": (ip_network("10.0.0.0/8"),)})
    app.state.services = replace(services, settings=settings)
    headers = {"X-Request-ID": sent, "X-Forwarded-For": "198.51.100.7"}
    reply = open_client(app, loop, address=peer).get("/v1/portal", headers=headers)
    assert (reply.headers["X-Request-ID"] == sent) is is_used


@pytest.mark.usefixtures("settings")
def test_quoted_form_is_short_and_depends_on_the_id_only() -> None:
    assert quoted(FORWARDED) == quoted(FORWARDED)
    assert re.fullmatch("[3-9A-Y]{6}", quoted(FORWARDED))
    assert len({quoted(str(number)) for number in range(1000)}) > 990
