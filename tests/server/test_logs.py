"""Logs contain no personal data."""

import ast
import json
import re
from contextlib import nullcontext
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import Client, Response
from structlog.testing import capture_logs

import server
from server.core.database import Services
from server.core.settings import Settings
from tests.emails import code_in, last_email
from tests.journeys.logs import require_clean_log
from tests.parts import PASSWORD, Factory, Someone
from tests.server.accounts.steps import NEW_EMAIL, emailed_token, registration, sign_in
from tests.server.steps import add_child, ok, required_answers, save, send, start, submit, upload

SERVER = Path(server.__file__).parent
TEXT = "Osprey over the reservoir"
PERSONAL_DATA = (
    NEW_EMAIL,
    PASSWORD,
    TEXT,
    "Ivo",
    "Larkspur",
    "Dunne",
    "Tallowmere",
    "2018-03-14",
    "Ada",
    "Dana",
    "0116 496",
)


def exercise_api(me: Someone, http: Client, services: Services) -> list[str]:
    """Use most of the API and return the texts that must not be logged."""
    ok(http.post("/v1/registrations", json=registration()))
    link = emailed_token(services, NEW_EMAIL)
    ok(http.post("/v1/activations", json={"token": link}))
    http.get(f"/activate/{link}")
    http.post("/v1/sessions", json={"email": NEW_EMAIL, "password": PASSWORD})
    half_token = ok(sign_in(http, me.email)).json()["token"]
    code = code_in(last_email(services, me.email))
    authorization = {"Authorization": f"Bearer {half_token}"}
    token = ok(http.post("/v1/session/code", json={"code": code}, headers=authorization)).json()[
        "token"
    ]
    submission = start(me, add_child(me))
    person = UUID(me.get(f"/v1/submissions/{submission}").json()["person"])
    me.get("/v1/people", params={"find": "Larkspur"})
    ok(upload(me, person, name="Larkspur.pdf"))
    ok(save(me, submission, required_answers(me) | {"strengths": TEXT}))
    ok(submit(me, submission))
    send(services, me)
    for reply in (
        sign_in(http, me.email, "wrong " + PASSWORD),
        save(me, submission, {"strengths": "\x00" + TEXT}),
        me.post("/v1/people", json={"first_name": "Ivo"}),
        me.get(f"/v1/people/{uuid4()}"),
        me.get(f"/no/such/place/{TEXT}"),
        upload(me, person, b"", "Larkspur.pdf"),
        me.get("/v1/people", params={"find": "Larkspur\x00"}),
    ):
        assert reply.status_code < 500
    return [me.email, me.token, half_token, token, link, code, *PERSONAL_DATA]


def test_logs_contain_no_personal_data(
    someone: Factory,
    http: Client,
    services: Services,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as lines:
        secrets = exercise_api(someone(), http, services)
    # The test's own client logs to `httpx`, which the server does not.
    other_lines = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    logged = [*map(str, lines), *other_lines, *capfd.readouterr()]
    assert len(lines) > 15
    for secret in secrets:
        assert not [line for line in logged if secret.casefold() in line.casefold()], secret


def test_request_is_logged_by_route_instead_of_path(someone: Factory, services: Services) -> None:
    me = someone()
    person = add_child(me)
    with capture_logs() as lines:
        me.get(f"/v1/people/{person}", params={"find": "x"})
        me.get("/v1/no/such/place")
    logged = [(line["route"], line["status"]) for line in lines if line["event"] == "request"]
    assert logged == [("/v1/people/{person}", 200), ("?", 404)]


def test_database_error_is_logged_without_values(
    someone: Factory, officer: Someone, caplog: pytest.LogCaptureFixture
) -> None:
    me, version = someone(), str(uuid4())
    person = str(add_child(me))

    def send_paper_request() -> Response:
        body = {
            "submission": str(uuid4()),
            "version": version,
            "person": person,
            "received_on": "2026-03-02",
            "answers": {"needs": TEXT},
            "confirmed": True,
        }
        return officer.post("/v1/desk/requests", json=body)

    ok(send_paper_request())
    with capture_logs() as lines:
        reply = send_paper_request()
    assert TEXT not in f"{lines} {caplog.text}"
    assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")


def test_invalid_client_version_does_not_crash(http: Client) -> None:
    assert http.get("/v1/portal", headers={"Portal-Client": "9" * 5000}).status_code == 200


def test_crash_is_logged_without_its_message(
    someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError(TEXT)

    me = someone()
    monkeypatch.setattr("server.people.routes.list_people", crash)
    with capture_logs() as lines:
        reply = me.get("/v1/people")
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert TEXT not in reply.text
    assert not [line for line in lines if TEXT in str(line)]
    [entry] = [line for line in lines if line["event"] == "unexpected"]
    assert entry["kind"] == "RuntimeError"
    assert re.fullmatch(r"people.routes\.py:\d+", entry["at"][-1])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "leak", ["", "senco@osierbeck.example", "Larkspur-Dunne", TEXT, "123456", "x" * 43]
)
def test_leak_in_the_log_of_a_journey_is_found(me: Someone, settings: Settings, leak: str) -> None:
    submission = start(me)
    ok(save(me, submission, {"strengths": TEXT}))
    log = settings.data / "server.log"
    entries = [{"event": "request", "timestamp": "2026-03-02T10:42:00.123456Z"}, {"kind": leak}]
    log.write_text("\n".join(map(json.dumps, entries)))
    expectation = pytest.raises(AssertionError) if leak else nullcontext()
    with expectation:
        require_clean_log(log, settings.data / "portal.db", ["Your code is\n\n    123456"])


def test_errors_say_what_to_do_and_other_lines_ask_for_nothing() -> None:
    errors = 0
    for file in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (level := _level(node)):
                asks = any(keyword.arg == "do" for keyword in node.keywords)
                assert asks is (level == "error"), f"{file}:{node.lineno}"
                errors += asks
    assert errors > 10


def _level(call: ast.Call) -> str | None:
    """Return the level at which a call logs, also one by `partial(log.error, …)`."""
    for node in (call.func, *call.args[:1]):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "log":
            return node.attr
    return None
