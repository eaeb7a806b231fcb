"""Requests generated from the OpenAPI schema never crash the server."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.schemas import OpenApiSchema
from sqlmodel import select

from server.accounts.tables import Account, StoredSession
from server.core.database import Services
from server.core.keys import Purpose
from tests.parts import Someone
from tests.server.steps import add_child, ok, send, start, upload

AnyCase = Case[Any]

EXAMPLES = 2
"""Examples per route and mode, which take a few seconds in total."""

bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def existing_ids(me: Someone, services: Services) -> dict[str, str]:
    """Ids of existing objects, so that not every request gets a 404."""
    person = add_child(me)
    send(services, me)
    [message] = me.get("/v1/messages").json()["rows"]
    document = ok(upload(me, person)).json()["id"]
    return {
        "person": str(person),
        "submission": str(start(me, person)),
        "message": message["id"],
        "document": document,
        "card": str(me.work),
    }


def sign_in_again(services: Services, me: Someone) -> None:
    """Restore the session, which some routes end, and open an account that was closed."""
    with services.transaction() as tx:
        tx.session.get_one(Account, me.id).disabled_at = None
        digest = services.keys.digest(Purpose.SESSION, me.token)
        if (
            tx.session.exec(select(StoredSession).where(StoredSession.digest == digest)).first()
            is None
        ):
            tx.session.add(
                StoredSession(
                    account_id=me.id,
                    digest=digest,
                    state="signed_in",
                    created_at=tx.now,
                    last_used_at=tx.now,
                    proved_at=tx.now,
                    ends_at=tx.now + timedelta(hours=12),
                )
            )


# Invalid requests are rejected before they reach a database, so one database is enough.
@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        pytest.param("sqlite", GenerationMode.POSITIVE, id="allowed-sqlite"),
        pytest.param("postgresql", GenerationMode.POSITIVE, id="allowed-postgresql"),
        pytest.param("sqlite", GenerationMode.NEGATIVE, id="not-allowed"),
    ],
    indirect=["settings"],
)
def test_no_request_crashes_the_server(
    mode: GenerationMode,
    app: FastAPI,
    me: Someone,
    existing_ids: dict[str, str],
    services: Services,
) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    assert isinstance(schema, OpenApiSchema)
    statuses_by_route: dict[str, set[int]] = {}

    def check(case: AnyCase) -> None:
        sign_in_again(services, me)
        if mode is GenerationMode.POSITIVE:
            case.path_parameters.update(
                {name: existing_ids[name] for name in case.path_parameters if name in existing_ids}
            )
        reply = case.call(headers={"Authorization": f"Bearer {me.token}"})
        assert reply.status_code < 500, case.as_curl_command()
        assert b"sign_in_required" not in reply.content
        statuses_by_route.setdefault(case.operation.label, set()).add(reply.status_code)

    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        cases = result.ok().as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # A route without input has no invalid requests.
            bounded(given(case=cases)(check))()
    assert len(statuses_by_route) > 30
    if mode is GenerationMode.POSITIVE:
        assert sum(min(statuses) < 300 for statuses in statuses_by_route.values()) > 10
