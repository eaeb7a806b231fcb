"""Permissions of every kind of actor on every route, in one table.

A new route needs a row in `routes.py`; a new kind of actor needs an entry in ACTORS and a field in
Access.
"""

import pytest
from fastapi import FastAPI

from server.core.database import Services
from shared.accounts import SessionState
from tests.parts import Factory, Someone
from tests.server.routes import (
    ACTORS,
    HALF,
    MINE,
    NOBODY,
    TABLE,
    PathObjects,
    list_routes,
    send_request,
    start_session,
)


def test_every_route_has_a_row(app: FastAPI) -> None:
    assert list_routes(app) == set(TABLE)


@pytest.mark.parametrize("actor", ACTORS)
def test_access_of_each_actor_matches_the_table(
    actor: str, path_objects: PathObjects, mine: Someone, someone: Factory, services: Services
) -> None:
    account = (
        mine if actor == MINE else ACTORS[actor](someone) or someone("nobody@osierbeck.example")
    )
    if actor == NOBODY:
        del account.http.headers["Authorization"]
    state = SessionState.CODE_REQUIRED if actor == HALF else SessionState.SIGNED_IN
    statuses, expected = {}, {}
    for route, row in TABLE.items():
        if actor != NOBODY:
            start_session(services, account, state)
        statuses[route] = send_request(account, route, row, path_objects).status_code
        expected[route] = row.access.status_for(actor) or row.status
    assert statuses == expected
