"""The list over HTTP: filtered, sorted and paged."""

import base64
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from server.accounts.actor import Actor
from server.core.database import Services
from server.people.service import add_person
from shared.accounts import SecondStep, SessionState
from shared.people import PersonNew
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, child, ok

pytestmark = pytest.mark.both_databases

CHILD_COUNT = 24
PAGE = 10
NESTED_CURSOR = base64.urlsafe_b64encode(b"[" * 1400).decode()


@pytest.fixture
def many_children(me: Someone, services: Services) -> None:
    """Children with many equal names, dates of birth, addresses and schools."""
    with services.transaction() as tx:
        actor = Actor(
            account_id=me.id,
            session_id=me.id,
            name="",
            state=SessionState.SIGNED_IN,
            second_step=SecondStep.EMAIL,
            proved_at=tx.now,
            address="",
        )
        for number in range(CHILD_COUNT):
            new = child(
                first_name=f"Child {number:03}",
                last_name=["Órla", "orchard", "Zed", "Ångström"][number % 4],
                born=(date(2012, 1, 1) + timedelta(days=number % 7)).isoformat(),
                address=f"{number % 5} Osier Way",
                school=f"School {number % 3}",
            )
            add_person(tx, actor, PersonNew.model_validate(new))
            tx.session.flush()


def get_page(me: Someone, **query: Any) -> dict[str, Any]:
    result: dict[str, Any] = ok(me.get("/v1/people", params=query)).json()
    return result


def full_names(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['last_name']}, {row['first_name']}" for row in rows]


def walk_pages(me: Someone, direction: str, **query: Any) -> Iterator[dict[str, Any]]:
    result = get_page(me, **query)
    yield result
    query.pop("end", None)
    while result[direction]:
        result = get_page(me, cursor=result[direction], **query)
        yield result


def test_empty_list_is_a_page_without_rows(me: Someone) -> None:
    assert get_page(me) == {
        "rows": [],
        "start": 0,
        "total": 0,
        "more": False,
        "next": None,
        "previous": None,
    }


def test_row_holds_the_columns_of_the_table(me: Someone) -> None:
    person = add_child(me)
    [row] = get_page(me)["rows"]
    assert row == {
        "id": str(person),
        "first_name": "Ivo",
        "last_name": "Larkspur-Dunne",
        "born": "2018-03-14",
        "address": "3 Tallowmere Row, Leicester, LE3 9RN",
        "school": "Wren Hollow Primary School",
        "hidden": False,
        "allocated": False,
    }


MATCHING_FILTERS = (
    "ivo",
    "LARKSPUR",
    "lark dunne",
    "dunne ivo",
    "14/03/2018",
    "2018",
    "03/20",
    "tallow",
    "le3 9rn",
    "LE39RN",
    "wren hollow",
    "",
    "  ",
    "zoe",
    "zoé",
    "ZOË",
)


def test_filter_ignores_case_and_accents(me: Someone, subtests: pytest.Subtests) -> None:
    child = add_child(me, preferred_name="Zoë")
    for number in range(2):
        add_child(
            me,
            first_name=f"Ada {number}",
            last_name="Plum",
            born="2011-12-11",
            address="1 Kiln Yard",
            postcode="B1 1AA",
            school="Elm",
        )
    for find in MATCHING_FILTERS:
        with subtests.test(find=find):
            result = get_page(me, find=find)
            assert result["total"] == (1 if find.strip() else 3)
            assert str(child) in {row["id"] for row in result["rows"]}


def test_filter_without_match_is_empty(me: Someone, subtests: pytest.Subtests) -> None:
    add_child(me)
    add_child(me, first_name="Ada", last_name="Plum")
    for find in ("%", "_", "\\", "ivo plum", "spur", "'", "a\x00b"):
        with subtests.test(find=find):
            reply = me.get("/v1/people", params={"find": find})
            assert reply.status_code == 422 if reply.is_error else reply.json()["total"] == 0


def test_each_view_shows_its_people(me: Someone) -> None:
    visible = add_child(me)
    hidden = add_child(me, first_name="Ada")
    ok(me.put(f"/v1/people/{hidden}/hidden"))
    for view, ids in (
        ({}, [visible]),
        ({"view": "active"}, [visible]),
        ({"view": "hidden"}, [hidden]),
        ({"view": "all"}, [hidden, visible]),
    ):
        result = get_page(me, **view)
        assert [row["id"] for row in result["rows"]] == [str(id) for id in ids]
        assert result["total"] == len(ids)


@pytest.mark.usefixtures("many_children")
def test_names_are_sorted_by_surname_ignoring_case_and_accents(me: Someone) -> None:
    people = [row for result in walk_pages(me, "next", limit=PAGE) for row in result["rows"]]
    surnames = [row["last_name"] for row in people]
    assert surnames == ["Ångström"] * 6 + ["orchard"] * 6 + ["Órla"] * 6 + ["Zed"] * 6
    first_names = [row["first_name"] for row in people[:6]]
    assert first_names == sorted(first_names)


@pytest.mark.usefixtures("many_children")
def test_each_column_is_sorted_and_paged_both_ways(me: Someone, subtests: pytest.Subtests) -> None:
    for sort, descending in product(("name", "born", "address", "school"), (False, True)):
        with subtests.test(sort=sort, descending=descending):
            walk_both_ways(me, sort, descending=descending)


def walk_both_ways(me: Someone, sort: str, *, descending: bool) -> None:
    params = {"sort": sort, "descending": descending, "limit": PAGE}
    forwards = list(walk_pages(me, "next", **params))
    rows = [row["id"] for list_page in forwards for row in list_page["rows"]]
    assert len(set(rows)) == len(rows) == CHILD_COUNT
    assert [list_page["start"] for list_page in forwards] == [0, 10, 20]
    assert {list_page["total"] for list_page in forwards} == {CHILD_COUNT}
    assert forwards[0]["previous"] is None
    if sort != "name":
        values = [row[sort] for list_page in forwards for row in list_page["rows"]]
        assert values == sorted(values, reverse=descending)

    backwards = list(walk_pages(me, "previous", end=True, **params))
    reversed_ids = [row["id"] for list_page in reversed(backwards) for row in list_page["rows"]]
    assert reversed_ids == rows
    assert [list_page["start"] for list_page in backwards] == [14, 4, 0]
    assert backwards[0]["next"] is None

    first_page_again = get_page(me, cursor=forwards[1]["previous"], **params)
    assert first_page_again == forwards[0]


@pytest.mark.usefixtures("many_children")
def test_descending_is_the_reverse_of_ascending(me: Someone) -> None:
    orders = [
        full_names(
            ok(me.get("/v1/people", params={"limit": 200, "descending": descending})).json()["rows"]
        )
        for descending in (False, True)
    ]
    assert orders[0] == orders[1][::-1]


@pytest.mark.usefixtures("many_children")
def test_cursor_stays_valid_while_the_list_changes(me: Someone) -> None:
    first = get_page(me, limit=PAGE)
    last = first["rows"][-1]["id"]
    ok(me.put(f"/v1/people/{last}/hidden"))
    add_child(me, last_name="Aaron")
    second = get_page(me, limit=PAGE, cursor=first["next"])
    assert not {row["id"] for row in first["rows"]} & {row["id"] for row in second["rows"]}
    assert (second["start"], second["total"]) == (PAGE, CHILD_COUNT)


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "W10="},
        {"cursor": "bnVsbA=="},
        {"cursor": "é"},
        {"cursor": NESTED_CURSOR},
    ],
)
def test_invalid_cursor_is_malformed(me: Someone, query: dict[str, str]) -> None:
    add_child(me)
    reply = me.get("/v1/people", params=query)
    assert (reply.status_code, code_of(reply)) == (400, "malformed")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"sort": "upn"}, {"view": "x"}])
def test_invalid_query_is_rejected(me: Someone, query: dict[str, str]) -> None:
    reply = me.get("/v1/people", params=query)
    assert (reply.status_code, code_of(reply)) == (422, "invalid")


def test_list_excludes_people_of_others(me: Someone, someone: Factory) -> None:
    other = someone(email="head@osierbeck.example")
    add_child(other)
    assert get_page(me, view="all")["total"] == 0
