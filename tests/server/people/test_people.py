"""Adding, editing, hiding and showing people on the list, over HTTP."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.database import Services
from server.people.service import add_person
from server.people.tables import Person
from shared.people import PersonNew
from tests.parts import Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.races import during_transaction, make_actor
from tests.server.steps import add_child, child, ok, rows, store_lines


def person_path(person: UUID | object) -> str:
    return f"/v1/people/{person}"


def test_added_person_can_be_read(me: Someone) -> None:
    body = child(
        preferred_name="Iv",
        upn="",
        nhs_number="",
        year_group="Year 3",
        first_language="Welsh",
        interpreter=True,
        looked_after=True,
        looked_after_by="Leicester",
        social_worker="Bo Reed",
        parent_name="Dana Dunne",
        parent_relationship="Mother",
        parent_phone="0116 496 0103",
        parent_email="dana@larkspur.example",
    )
    added = me.post("/v1/people", json=body)
    assert added.status_code == 201
    assert added.json() == body | {"version": 1, "hidden": False}
    read = me.get(person_path(body["id"]))
    assert read.json() == added.json()
    assert read.headers["ETag"] == '"1"'


def test_details_with_hidden_characters_are_rejected(me: Someone) -> None:
    invalid = child(first_name="Ivo\nborn 01/01/2001", school="Wren\u202eHollow", born="1899-12-31")
    refused = me.post("/v1/people", json=invalid)
    assert pointers(refused) == {"/first_name", "/school", "/born"}
    assert me.get("/v1/people").json()["total"] == 0


def test_stored_hidden_characters_are_replaced_and_can_be_corrected(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    store_lines(services, person, first_name="Ivo\n", last_name="Hol\u202elow", school="W\x1bH")
    read = me.get(person_path(person))
    assert (read.json()["first_name"], read.json()["last_name"]) == ("Ivo�", "Hol�low")
    [row] = me.get("/v1/people").json()["rows"]
    assert (row["last_name"], row["school"]) == ("Hol�low", "W�H")
    progress = me.get(f"{person_path(person)}/progress").json()
    assert progress["name"] == "Ivo� Hol�low"
    etag = {"If-Match": read.headers["ETag"]}
    assert pointers(me.put(person_path(person), json=read.json(), headers=etag)) == {
        "/first_name",
        "/last_name",
        "/school",
    }
    ok(me.put(person_path(person), json=child(), headers=etag))
    assert me.get(person_path(person)).json()["first_name"] == "Ivo"


def test_identifiers_are_normalised(me: Someone) -> None:
    added = ok(me.post("/v1/people", json=child(postcode=" le39rn ", nhs_number="943 476 5919")))
    assert added.json()["postcode"] == "LE3 9RN"
    assert added.json()["nhs_number"].replace(" ", "") == "9434765919"


def test_repeated_add_gets_the_same_reply(me: Someone) -> None:
    body = child()
    first, repeat = (me.post("/v1/people", json=body) for _ in range(2))
    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert me.get("/v1/people").json()["total"] == 1


def test_different_person_with_the_same_id_is_a_conflict(me: Someone, other: Someone) -> None:
    body = child()
    ok(me.post("/v1/people", json=body))
    for account, invalid in ((me, body | {"first_name": "Ivan"}), (other, body)):
        reply = account.post("/v1/people", json=invalid)
        assert (reply.status_code, code_of(reply)) == (409, "conflict")
    assert me.get(person_path(body["id"])).json()["first_name"] == "Ivo"
    assert other.get("/v1/people").json()["total"] == 0


@pytest.mark.parametrize(
    "duplicate",
    [
        {"first_name": "IVO", "last_name": "Lärkspur-Dunne"},
        {"first_name": "Ada", "nhs_number": "9434765919"},
        {"first_name": "Ada", "upn": "H801200001001"},
    ],
    ids=["name and birth", "NHS number", "UPN"],
)
def test_person_already_on_the_list_is_rejected_even_if_hidden(
    me: Someone, other: Someone, duplicate: dict[str, str | bool]
) -> None:
    numbers = {"nhs_number": "943 476 5919", "upn": "H801200001001"}
    person = add_child(me, **numbers)
    ok(me.put(f"{person_path(person)}/hidden"))
    reply = me.post("/v1/people", json=child(**duplicate))
    assert (reply.status_code, code_of(reply)) == (409, "already_on_list")
    # Lists of others are never revealed.
    assert other.post("/v1/people", json=child(**numbers)).status_code == 201


def test_invalid_details_are_rejected_with_pointers(me: Someone) -> None:
    invalid = child(
        born="2031-01-01",
        postcode="LE",
        upn="X",
        nhs_number="1",
        looked_after=True,
        parent_email="no email",
        parent_phone="12",
    )
    assert pointers(me.post("/v1/people", json=invalid)) == {
        "/born",
        "/postcode",
        "/upn",
        "/nhs_number",
        "/looked_after_by",
        "/social_worker",
        "/parent_email",
        "/parent_phone",
    }
    invalid = child(first_name="", last_name="x" * 1000, born="31/02/2018", gender="boy")
    assert pointers(me.post("/v1/people", json=invalid)) == {
        "/first_name",
        "/last_name",
        "/born",
        "/gender",
    }
    assert me.get("/v1/people").json()["total"] == 0


@pytest.mark.parametrize("text", ["e\u0301", "O'; --", "a%_\\"])
def test_any_visible_name_is_saved_unchanged(me: Someone, text: str) -> None:
    body = child(last_name=text)
    ok(me.post("/v1/people", json=body))
    assert me.get(person_path(body["id"])).json()["last_name"] == text
    assert me.get("/v1/people", params={"find": text}).json()["total"] == 1


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "\u202egnihtemos", "\U0001f469\U0001f3fd\u200d\U0001f3eb"],
    ids=["NUL", "direction", "joined emoji"],
)
def test_name_with_hidden_characters_is_rejected(me: Someone, text: str) -> None:
    reply = me.post("/v1/people", json=child(last_name=text))
    assert reply.status_code == 422
    assert me.get("/v1/people").json()["total"] == 0


def test_edit_requires_a_version(me: Someone) -> None:
    person = add_child(me)
    new = child(school="Rushmere Academy")
    reply = me.put(person_path(person), json=new)
    assert (reply.status_code, code_of(reply)) == (428, "version_required")
    reply = me.put(person_path(person), json=new, headers={"If-Match": '"new"'})
    assert (reply.status_code, code_of(reply)) == (400, "malformed")
    edited = ok(me.put(person_path(person), json=new, headers={"If-Match": '"1"'}))
    assert (edited.headers["ETag"], edited.json()["version"]) == ('"2"', 2)
    assert edited.json()["school"] == "Rushmere Academy"
    assert me.get(person_path(person)).json() == edited.json()
    assert me.get("/v1/people", params={"find": "rushmere"}).json()["total"] == 1
    assert me.get("/v1/people", params={"find": "wren"}).json()["total"] == 0


def test_stale_edit_is_rejected_and_repeat_is_idempotent(
    me: Someone,
) -> None:
    person = add_child(me)
    first = child(school="Rushmere Academy")
    saved = ok(me.put(person_path(person), json=first, headers={"If-Match": '"1"'})).json()
    repeat = me.put(person_path(person), json=first, headers={"If-Match": '"1"'})
    assert (repeat.status_code, repeat.json()) == (200, saved)
    stale = me.put(person_path(person), json=child(school="Elsewhere"), headers={"If-Match": '"1"'})
    assert (stale.status_code, code_of(stale)) == (412, "stale")
    assert stale.json()["changed_by"] == "Ada Senco"
    assert stale.json()["changed_at"].startswith("2026-03-02T10:42")
    assert me.get(person_path(person)).json() == saved


def test_invalid_edit_changes_nothing(me: Someone) -> None:
    person = add_child(me)
    before = me.get(person_path(person)).json()
    invalid = me.put(
        person_path(person), json=child(born="2031-01-01"), headers={"If-Match": '"1"'}
    )
    assert pointers(invalid) == {"/born"}
    assert me.get(person_path(person)).json() == before


def test_hiding_and_showing_are_idempotent(me: Someone) -> None:
    person = add_child(me)
    for _ in range(2):
        assert me.put(f"{person_path(person)}/hidden").status_code == 204
    assert me.get(person_path(person)).json()["hidden"] is True
    for _ in range(2):
        assert me.delete(f"{person_path(person)}/hidden").status_code == 204
    assert me.get(person_path(person)).json()["hidden"] is False


def test_person_of_another_list_is_not_found(me: Someone, other: Someone) -> None:
    other_person = add_child(other)
    before = other.get(person_path(other_person)).json()
    for person in (other_person, uuid4()):
        for reply in (
            me.get(person_path(person)),
            me.put(person_path(person), json=child(), headers={"If-Match": '"1"'}),
            me.put(f"{person_path(person)}/hidden"),
            me.delete(f"{person_path(person)}/hidden"),
            me.get(f"{person_path(person)}/progress"),
            me.get(f"{person_path(person)}/removal"),
            me.delete(person_path(person), params={"drafts": True}),
        ):
            assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert other.get(person_path(other_person)).json() == before


@pytest.mark.both_databases
def test_repeat_during_the_first_add_is_recognised(me: Someone, services: Services) -> None:
    body = child()
    replies: list[Response] = []
    with during_transaction(services, lambda: me.post("/v1/people", json=body), replies) as tx:
        add_person(tx, replace(make_actor(tx, me), staff=None), PersonNew.model_validate(body))
    assert [reply.status_code for reply in replies] == [201]
    assert len(rows(services, Person)) == 1
    ok(me.post("/v1/people", json=body))
