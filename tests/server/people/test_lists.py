"""Sort keys, words and sizes of lists stay correct through changes and races."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlmodel import select

from server.core.database import Services
from server.desk.matching import match
from server.people.service import add_person, hide
from server.people.tables import ListSize, Person
from shared.people import PersonNew
from tests.parts import Factory, Someone
from tests.server.people.lists import assert_lists_agree
from tests.server.races import make_actor
from tests.server.steps import add_child, child, ok

pytestmark = pytest.mark.both_databases

THREAD_COUNT = 4
CHILDREN_PER_THREAD = 6


def assert_lists_consistent(services: Services) -> None:
    with services.transaction(writes=False) as tx:
        assert_lists_agree(tx)


def test_list_is_consistent_after_each_change(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    first, second = add_child(me), add_child(me, first_name="Ada", last_name="Plum")
    for _ in range(2):
        ok(me.put(f"/v1/people/{first}/hidden"))
    for person in (first, second):
        allocation = {"account": str(other.id)}
        ok(officer.post(f"/v1/desk/people/{person}/allocations", json=allocation))
    assert_lists_consistent(services)
    ok(me.put(f"/v1/people/{first}", json=child(last_name="Ab"), headers={"If-Match": '"1"'}))
    assert_lists_consistent(services)
    ok(other.delete(f"/v1/people/{second}"))
    ok(me.delete(f"/v1/people/{first}/hidden"))
    assert_lists_consistent(services)


def test_lists_are_consistent_after_a_match(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    new, known = add_child(me), add_child(other)
    ok(me.put(f"/v1/people/{new}/hidden"))
    with services.transaction() as tx:
        tx.session.get_one(Person, known).known_at = tx.now
        match(tx, make_actor(tx, officer), new, known)
    assert_lists_consistent(services)
    assert ok(me.get("/v1/people", params={"view": "hidden"})).json()["total"] == 1


def test_sizes_are_correct_after_concurrent_changes(me: Someone, services: Services) -> None:
    def change(thread: int) -> None:
        people: list[UUID] = []
        for number in range(CHILDREN_PER_THREAD):
            new = PersonNew.model_validate(child(first_name=f"Child {thread} {number}"))
            with services.transaction() as tx:
                people.append(add_person(tx, make_actor(tx, me), new).id)
        for person in people[:3]:
            with services.transaction() as tx:
                hide(tx, make_actor(tx, me), person, hidden=True)
        for person in people[2:4]:
            ok(me.delete(f"/v1/people/{person}"))

    with ThreadPoolExecutor(THREAD_COUNT) as pool:
        list(pool.map(change, range(THREAD_COUNT)))
    assert_lists_consistent(services)
    with services.transaction(writes=False) as tx:
        sizes = {size.hidden: size.people for size in tx.session.exec(select(ListSize))}
    assert sizes == {True: 2 * THREAD_COUNT, False: (CHILDREN_PER_THREAD - 4) * THREAD_COUNT}


def test_concurrent_hiding_is_counted_once(me: Someone, services: Services) -> None:
    person = add_child(me)

    def change(_: int) -> None:
        with services.transaction() as tx:
            hide(tx, make_actor(tx, me), person, hidden=True)

    with ThreadPoolExecutor(THREAD_COUNT) as pool:
        list(pool.map(change, range(THREAD_COUNT)))
    assert_lists_consistent(services)
