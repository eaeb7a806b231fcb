"""An officer adds a child who is not in the portal, such as from a letter."""

import pytest

from server.core.audit import Action
from server.core.database import Services
from server.people.tables import ListedPerson, Person
from tests.parts import Someone
from tests.server.accounts.steps import code_of
from tests.server.statements import record_statements
from tests.server.steps import add_child, audit_of, child, ok, rows


def test_officer_adds_a_child_once_who_is_on_no_list(
    me: Someone, officer: Someone, services: Services
) -> None:
    body = child(first_name="Ada", gender="not_said")
    assert code_of(me.post("/v1/desk/people", json=body)) == "forbidden"
    assert code_of(officer.post("/v1/desk/people", json={**body, "postcode": "?"})) == "invalid"
    replies = [ok(officer.post("/v1/desk/people", json=body)).json() for _ in range(2)]
    assert replies[0] == replies[1]
    assert (replies[0]["added"]["id"], replies[0]["known"]) == (body["id"], [])
    other = {**body, "first_name": "Ida"}
    assert code_of(officer.post("/v1/desk/people", json=other)) == "conflict"
    [person] = rows(services, Person)
    assert person.known_at is not None
    assert not rows(services, ListedPerson)
    added = [entry for entry in audit_of(services) if entry.action == Action.PERSON_ADDED]
    assert [(entry.account_id, entry.person_id) for entry in added] == [(officer.id, person.id)]
    [found] = ok(officer.get("/v1/desk/people", params={"find": "ada"})).json()
    assert found == replies[0]["added"]


def test_child_who_may_be_the_same_is_offered_first(
    me: Someone, officer: Someone, services: Services
) -> None:
    known = add_child(me)
    body = child(first_name="IVO", address="1 Osier Way")
    reply = ok(officer.post("/v1/desk/people", json=body)).json()
    assert (reply["added"], [row["id"] for row in reply["known"]]) == (None, [str(known)])
    assert len(rows(services, Person)) == 1
    alike: list[dict[str, str]] = [
        {"last_name": "Larkspur-Dun"},
        {"first_name": "Yvo", "last_name": "Larkspür-Dunn"},
        {"born": "2018-03-15", "school": "Elsewhere"},
        {"born": "2018-03-15", "postcode": "LE1 1FZ"},
    ]
    for slip in alike:
        reply = ok(officer.post("/v1/desk/people", json={**child(), **slip})).json()
        assert [row["id"] for row in reply["known"]] == [str(known)], slip
    for different in (
        {"born": "2018-03-15", "postcode": "LE1 1FZ", "school": "Elsewhere"},
        {"first_name": "Ada", "last_name": "Fenwick"},
        {"confirmed": True},
    ):
        reply = ok(officer.post("/v1/desk/people", json={**child(), **different})).json()
        assert reply["added"] is not None
    assert len(rows(services, Person)) == 4


@pytest.mark.parametrize("number", [{"upn": "Q856000022001"}, {"nhs_number": "943 476 5919"}])
def test_child_with_the_same_number_is_offered_before_one_of_the_same_name(
    number: dict[str, str], officer: Someone
) -> None:
    ada = {"first_name": "Ada", "last_name": "Fenwick", "born": "2012-03-15"}
    known = [
        ok(officer.post("/v1/desk/people", json={**child(), **details})).json()["added"]["id"]
        for details in (ada, number)
    ]
    reply = ok(officer.post("/v1/desk/people", json={**child(), **ada, **number})).json()
    assert [row["id"] for row in reply["known"]] == known[::-1]
    other = {**child(), "first_name": "Nell", "last_name": "Osgood", "born": "2013-03-15"}
    assert ok(officer.post("/v1/desk/people", json=other)).json()["added"]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_known_children_are_looked_up_by_indexes(officer: Someone, services: Services) -> None:
    body = child(upn="Q856000022001", nhs_number="9434765919")
    with record_statements(services) as statements:
        ok(officer.post("/v1/desk/people", json=body))
    [search] = [statement for statement in statements if "person.nhs_number = ?" in statement]
    with services.engine.connect() as connection:
        explain, values = f"EXPLAIN QUERY PLAN {search}", (None,) * search.count("?")
        plan = [row.detail for row in connection.exec_driver_sql(explain, values)]
    assert not [line for line in plan if line.startswith("SCAN")]
    for column in ("sort_name", "born", "upn", "nhs_number"):
        assert any(f"ix_person_{column} ({column}=?)" in line for line in plan), plan
