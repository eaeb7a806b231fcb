"""Requests generated from the OpenAPI document never crash the server, whoever sends them.

`make fuzz` sends more of them: `pytest --api-requests 10000`.
"""

from collections import Counter
from contextlib import suppress
from math import ceil
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

from server.core.database import Services
from shared.accounts import SessionState
from shared.problems import MEDIA_TYPE
from tests.parts import Factory, Someone
from tests.server.routes import (
    ACTORS,
    HALF,
    MINE,
    NOBODY,
    OFFICER,
    SUPPORT,
    PathObjects,
    start_session,
)

AnyCase = Case[Any]
BROWSER_PAGES = ("/activate", "/reset", "/receipt", "/sign-in")
"""Routes that reply with pages."""
CLOSE_ACCOUNT = "DELETE /v1/account"
"""Comes last, as nothing works after it."""
ALLOWED, FORBIDDEN = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def create_settings(examples: int, *, derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=derandomize,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def check_reply(case: AnyCase, reply: Response) -> None:
    """Check that the document names the status, and that an error is a problem."""
    shown = f"{reply.status_code} {case.as_curl_command()}"
    assert reply.status_code < 500, shown
    assert str(reply.status_code) in case.operation.definition.raw["responses"], shown
    if reply.status_code >= 400 and not case.path.startswith(BROWSER_PAGES):
        assert reply.headers["content-type"][0].startswith(MEDIA_TYPE), shown


RUNS = [
    # Generating takes longer than sending, so each request is sent by several.
    ("sqlite", ALLOWED, (MINE, OFFICER, SUPPORT, HALF, NOBODY)),
    ("postgresql", ALLOWED, (MINE, OFFICER)),
    ("sqlite", FORBIDDEN, (MINE,)),
]


@pytest.mark.parametrize(
    ("settings", "mode", "actors"),
    [pytest.param(*run, id=f"{run[0]}-{run[1].value}-{run[2][0]}") for run in RUNS],
    indirect=["settings"],
)
def test_no_request_crashes_the_server(
    mode: GenerationMode,
    actors: tuple[str, ...],
    app: FastAPI,
    mine: Someone,
    someone: Factory,
    path_objects: PathObjects,
    services: Services,
    request: pytest.FixtureRequest,
) -> None:
    accounts = {
        actor: mine if actor == MINE else ACTORS[actor](someone) or mine for actor in actors
    }
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    assert isinstance(schema, OpenApiSchema)
    statuses: Counter[int] = Counter()

    def check(case: AnyCase) -> None:
        if mode is ALLOWED:
            known = {name: str(path_objects[name]) for name in path_objects}
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        for actor, account in accounts.items():
            headers = {}
            if actor != NOBODY:
                state = SessionState.CODE_REQUIRED if actor == HALF else SessionState.SIGNED_IN
                start_session(services, account, state)  # some routes end it
                headers["Authorization"] = account.http.headers["Authorization"]
            reply = case.call(headers=headers)
            statuses[reply.status_code] += 1
            check_reply(case, reply)

    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    operations.sort(key=lambda operation: operation.label == CLOSE_ACCOUNT)
    requests = request.config.getoption("--api-requests")
    examples = max(1, ceil(requests / (len(RUNS) * len(operations))))
    bounded = create_settings(examples, derandomize=not requests)
    for operation in operations:
        cases = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # A route without input has no invalid requests.
            bounded(given(case=cases)(check))()
    print(f"{statuses.total()} requests, by status: {dict(sorted(statuses.items()))}")
    assert statuses.total() > 30
    if MINE in actors and mode is ALLOWED:
        assert sum(count for status, count in statuses.items() if status < 300) > 10
