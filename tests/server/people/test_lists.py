"""What is kept beside each list stays right: after each change, and after many at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlmodel import select

from server.core.database import Services
from server.desk.matching import match
from server.people.service import add_person, hide
from server.people.tables import ListSize, Person
from shared.people import PersonNew
from tests.parts import Factory, Someone
from tests.server.people.lists import assert_lists_agree
from tests.server.races import actor_of
from tests.server.steps import add_child, child, done

THREADS = 4
EACH = 6


def assert_agree(services: Services) -> None:
    with services.transaction(writes=False) as tx:
        assert_lists_agree(tx)


def test_each_change_of_a_list_keeps_what_stands_beside_it(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    first, second = add_child(me), add_child(me, first_name="Ada", last_name="Plum")
    for _ in range(2):
        done(me.put(f"/v1/people/{first}/hidden"))
    for person in (first, second):
        allocation = {"account": str(other.id)}
        done(officer.post(f"/v1/desk/people/{person}/allocations", json=allocation))
    assert_agree(services)
    done(me.put(f"/v1/people/{first}", json=child(last_name="Ab"), headers={"If-Match": '"1"'}))
    assert_agree(services)
    done(other.delete(f"/v1/people/{second}"))
    done(me.delete(f"/v1/people/{first}/hidden"))
    assert_agree(services)


def test_lists_of_a_child_that_was_matched_are_those_of_the_known_one(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    new, known = add_child(me), add_child(other)
    done(me.put(f"/v1/people/{new}/hidden"))
    with services.transaction() as tx:
        tx.session.get_one(Person, known).known_at = tx.now
        match(tx, actor_of(tx, officer), new, known)
    assert_agree(services)
    assert done(me.get("/v1/people", params={"view": "hidden"})).json()["total"] == 1


def test_sizes_stay_right_when_many_change_a_list_at_once(me: Someone, services: Services) -> None:
    def change(thread: int) -> None:
        made: list[UUID] = []
        for number in range(EACH):
            new = PersonNew.model_validate(child(first_name=f"Child {thread} {number}"))
            with services.transaction() as tx:
                made.append(add_person(tx, actor_of(tx, me), new).id)
        for person in made[:3]:
            with services.transaction() as tx:
                hide(tx, actor_of(tx, me), person, hidden=True)
        for person in made[2:4]:
            done(me.delete(f"/v1/people/{person}"))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(change, range(THREADS)))
    assert_agree(services)
    with services.transaction(writes=False) as tx:
        sizes = {one.hidden: one.people for one in tx.session.exec(select(ListSize))}
    assert sizes == {True: 2 * THREADS, False: (EACH - 4) * THREADS}


def test_hiding_at_once_counts_once(me: Someone, services: Services) -> None:
    person = add_child(me)

    def change(_: int) -> None:
        with services.transaction() as tx:
            hide(tx, actor_of(tx, me), person, hidden=True)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(change, range(THREADS)))
    assert_agree(services)
