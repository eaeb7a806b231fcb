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
    Row,
    list_routes,
    send_request,
    start_session,
)


def test_every_route_has_a_row(app: FastAPI) -> None:
    assert list_routes(app) == set(TABLE)


def sign_in_as(actor: str, mine: Someone, someone: Factory) -> Someone:
    """Return the account of an actor; nobody has no session."""
    account = (
        mine if actor == MINE else ACTORS[actor](someone) or someone("nobody@osierbeck.example")
    )
    if actor == NOBODY:
        del account.http.headers["Authorization"]
    return account


@pytest.mark.parametrize("actor", ACTORS)
def test_access_of_each_actor_matches_the_table(
    actor: str, path_objects: PathObjects, mine: Someone, someone: Factory, services: Services
) -> None:
    account = sign_in_as(actor, mine, someone)
    state = SessionState.CODE_REQUIRED if actor == HALF else SessionState.SIGNED_IN
    statuses, expected = {}, {}
    for route, row in TABLE.items():
        if actor != NOBODY:
            start_session(services, account, state)
        statuses[route] = send_request(account, route, row, path_objects).status_code
        expected[route] = row.access.status_for(actor) or row.status
    assert statuses == expected


@pytest.mark.parametrize("actor", ACTORS)
def test_body_that_is_wrong_is_told_only_to_who_may_send_one(
    actor: str, path_objects: PathObjects, mine: Someone, someone: Factory, services: Services
) -> None:
    account = sign_in_as(actor, mine, someone)
    state = SessionState.CODE_REQUIRED if actor == HALF else SessionState.SIGNED_IN
    statuses, expected = {}, {}
    for route, row in TABLE.items():
        refusal = row.access.status_for(actor)
        if row.body is None or refusal not in {401, 403}:
            continue
        if actor != NOBODY:
            start_session(services, account, state)
        wrong = Row(row.access, row.status, lambda _: [], row.headers, row.query)
        statuses[route] = send_request(account, route, wrong, path_objects).status_code
        expected[route] = refusal
    assert statuses == expected
