"""Text that a database or a comparison can't take is refused, never an internal error."""

import json
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx import Client

from server.core.database import Services
from shared.accounts import SecondStep, Staff
from tests.parts import Factory, Someone
from tests.server.accounts.steps import auth_header, code_of, sign_in
from tests.server.routes import OK, TABLE, Row
from tests.server.steps import ok, start

pytestmark = pytest.mark.both_databases

NUL = "a\x00b"
SAVE = "PATCH /v1/submissions/{submission}/answers"
"""It has pointers of its own, tested below and with the forms."""
DIGITS = "٣٣٣٣٣٣"


def with_nul(value: object) -> Iterator[object]:
    """Yield copies of a JSON value, each with NUL in another text."""
    if isinstance(value, str):
        yield NUL
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in with_nul(item))
        yield {**value, NUL: "x"}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], c, *value[index + 1 :]] for c in with_nul(item))


def choose_actor(row: Row, actors: dict[str, Someone]) -> Someone:
    return actors[next(name for name in actors if getattr(row.access, name) == OK)]


@pytest.fixture
def actors(someone: Factory, officer: Someone) -> dict[str, Someone]:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    manager = someone("manager@leicester.example", staff=Staff.OFFICER, may_manage_staff=True)
    return {"mine": someone(), "officer": officer, "support": support, "manager": manager}


def test_nul_in_a_json_body_is_refused_by_every_route(actors: dict[str, Someone]) -> None:
    ids: defaultdict[str, object] = defaultdict(uuid4)
    refused = 0
    for route, row in TABLE.items():
        body = row.body(ids) if row.body else None
        if not isinstance(body, dict) or route == SAVE:
            continue
        method, path = route.split(" ")
        actor = choose_actor(row, actors)
        for changed in with_nul(body):
            for encoding in ("utf-8", "utf-16"):
                reply = actor.http.request(
                    method,
                    path.format_map(ids),
                    content=json.dumps(changed).encode(encoding),
                    headers=row.headers | {"Content-Type": "application/json"},
                )
                assert reply.status_code == 422, (route, changed, reply.text)
                refused += 1
    assert refused > 150


def test_nul_in_a_query_is_refused_by_every_route(actors: dict[str, Someone], app: FastAPI) -> None:
    ids: defaultdict[str, object] = defaultdict(uuid4)
    names = set()
    for route, row in TABLE.items():
        method, path = route.split(" ")
        operation = app.openapi()["paths"].get(path, {}).get(method.lower(), {})
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                actor, name = choose_actor(row, actors), parameter["name"]
                query = row.query | {name: NUL}
                reply = actor.http.request(method, path.format_map(ids), params=query)
                assert reply.status_code == 422, (route, name, reply.text)
                names.add(name)
    assert len(names) > 8


@pytest.mark.parametrize("path", ["/activate/a%00b", "/reset/a%00b", "/v1/people/a%00b"])
def test_nul_in_a_path_is_refused(me: Someone, path: str) -> None:
    assert me.get(path).status_code == 422


@pytest.mark.parametrize("path", ["/reset/x", "/receipt"])
def test_nul_in_a_browser_form_is_refused(http: Client, path: str) -> None:
    form = {"password": NUL, "again": NUL, "receipt": NUL}
    assert http.post(path, data=form).status_code == 422


def test_answer_with_nul_is_refused_at_its_field(me: Someone) -> None:
    body = {"save": str(uuid4()), "changes": {"strengths": NUL}}
    path = f"/v1/submissions/{start(me)}/answers"
    reply = me.patch(path, json=body, headers={"If-Match": '"1"'})
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/strengths"]


@pytest.mark.parametrize("step", [SecondStep.EMAIL, SecondStep.APP])
def test_code_of_other_digits_is_wrong(
    http: Client, someone: Factory, services: Services, step: SecondStep
) -> None:
    owner = someone(two_step=SecondStep.NONE)
    secret = ok(owner.post("/v1/account/second-step/app")).json()["secret"]
    assert secret
    if step is SecondStep.APP:
        reply = owner.put("/v1/account/second-step", json={"method": "app", "code": DIGITS})
        assert code_of(reply) == "wrong_code"
        confirm_app(services, owner.id)
    else:
        ok(owner.put("/v1/account/second-step", json={"method": "email"}))
    token = ok(sign_in(http, owner.email)).json()["token"]
    reply = http.post("/v1/session/code", json={"code": DIGITS}, headers=auth_header(token))
    assert code_of(reply) == "wrong_code"


def confirm_app(services: Services, account: UUID) -> None:
    """Make the pending secret of an account its second step."""
    from server.accounts.tables import Account

    with services.transaction() as tx:
        row = tx.session.get_one(Account, account)
        row.second_step, row.app_secret = SecondStep.APP, row.app_pending
        tx.session.add(row)
