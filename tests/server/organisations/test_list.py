"""Anybody can search the list of organisations, within limits."""

import pytest
from httpx import Client

from server.accounts.tables import Organisation
from server.core.database import Services
from server.core.throttle import ALLOWANCES, Operation
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.organisations.steps import add_organisation
from tests.server.steps import ok

pytestmark = pytest.mark.both_databases


def names(http: Client, text: str) -> list[str]:
    reply = ok(http.get("/v1/organisations", params={"find": text}))
    return [row["name"] for row in reply.json()]


def test_open_organisations_are_found_by_words_of_name_and_place(
    http: Client, services: Services
) -> None:
    add_organisation(services, "Rushmere Academy", address="1 Reed Way, Leicester")
    add_organisation(services, "École Rushmere", postcode="LE2 2FZ")
    with services.transaction() as tx:
        tx.session.add(Organisation(name="Rushmere Closed", closed_at=tx.now))
    assert names(http, "rushmere") == ["Rushmere Academy", "École Rushmere"]
    assert names(http, "ecole RUSH") == ["École Rushmere"]
    assert names(http, "rushmere leic") == ["Rushmere Academy"]
    assert names(http, "rushmere le2") == ["École Rushmere"]
    for text in ("", "ru", "none", "100%", "\x00abc"[1:] + "_"):
        assert names(http, text) == []


def test_at_most_twenty_are_returned_without_members(
    http: Client, services: Services, me: Someone
) -> None:
    for number in range(25):
        add_organisation(services, f"School {number:02}")
    reply = ok(http.get("/v1/organisations", params={"find": "school"}))
    assert len(reply.json()) == 20
    assert len(reply.content) < 16 * 1024
    [school] = ok(http.get("/v1/organisations", params={"find": "osierbeck"})).json()
    assert set(school) == {"id", "name", "address", "postcode"}


@pytest.mark.parametrize("length", [201, 5000])
def test_long_texts_are_refused(http: Client, length: int) -> None:
    reply = http.get("/v1/organisations", params={"find": "x" * length})
    assert reply.status_code == 422


def test_searches_from_an_address_are_limited(http: Client, clock: Clock) -> None:
    for _ in range(ALLOWANCES[Operation.FIND_ORGANISATION].burst):
        clock.now = clock.now.replace(microsecond=0)
        names(http, "osierbeck")
    reply = http.get("/v1/organisations", params={"find": "osierbeck"})
    assert (reply.status_code, code_of(reply)) == (429, "too_many_tries")
    clock.move(seconds=1)
    assert names(http, "osierbeck") == []
