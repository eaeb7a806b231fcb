"""The list matches a plain Python model for generated people and queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.database import Services, Transaction
from server.people import listing
from server.people.listing import list_people
from server.people.service import add_person, hide
from server.people.tables import ListedPerson, Person
from shared.people import PeoplePage, PeopleQuery, PersonNew, SortBy, View
from tests.parts import Someone
from tests.server.people.lists import assert_lists_agree, compute_expected_ids
from tests.server.races import make_actor
from tests.server.steps import child

pytestmark = pytest.mark.both_databases

NAMES = st.sampled_from(["Zed", "zedar", "Órla", "or", "Quill-Marsh", "marsh", "A", "ab"])
FILTERS = st.sampled_from(["", "z", "ze", "zed", "o", "mar", "a z", "quill m", "2012", "none"])


class GeneratedChild(NamedTuple):
    """Generated child."""

    first: str
    last: str
    born: int
    address: str
    school: str
    hidden: bool


CHILDREN = st.lists(
    st.builds(GeneratedChild, NAMES, NAMES, st.integers(0, 2), NAMES, NAMES, st.booleans()),
    max_size=12,
)
QUERIES = st.builds(
    PeopleQuery,
    view=st.sampled_from(View),
    find=FILTERS,
    sort=st.sampled_from(SortBy),
    descending=st.booleans(),
    cursor=st.none(),
    end=st.just(False),
    limit=st.integers(1, 5),
)


class Rollback(Exception):
    """Raised to roll back an example."""


@contextmanager
def rollback_transaction(services: Services) -> Iterator[Transaction]:
    try:
        with services.transaction() as tx:
            yield tx
            raise Rollback
    except Rollback:
        pass


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    children=CHILDREN,
    queries=st.lists(QUERIES, min_size=1, max_size=3),
    max_counted=st.sampled_from([0, 2, 1_000]),
    max_sorted=st.sampled_from([0, 2, 1_000]),
    scan_factor=st.sampled_from([1, 5]),
)
def test_pages_match_the_model(
    services: Services,
    me: Someone,
    children: list[GeneratedChild],
    queries: list[PeopleQuery],
    max_counted: int,
    max_sorted: int,
    scan_factor: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch, rollback_transaction(services) as tx:
        patch.setattr(listing, "MAX_COUNTED", max_counted)
        patch.setattr(listing, "MAX_SORTED", max_sorted)
        patch.setattr(listing, "SCAN_FACTOR", scan_factor)
        people = [
            add_generated_child(tx, me, number, generated)
            for number, generated in enumerate(children)
        ]
        tx.session.flush()
        assert_lists_agree(tx)
        for query in queries:
            expected_ids = compute_expected_ids(
                people, query.view, query.find, query.sort, descending=query.descending
            )
            check_forwards(tx, me, query, expected_ids)
            check_backwards(tx, me, query, expected_ids)


def test_scan_of_both_parts_of_a_list_skips_no_child(services: Services, me: Someone) -> None:
    others = [GeneratedChild("ab", "A", 0, "A", "A", hidden=False)] * 3
    first = GeneratedChild("Zed", "ab", 0, "A", "A", hidden=False)
    hidden = [GeneratedChild("Zed", "marsh", 0, "A", "A", hidden=True)] * 2
    query = PeopleQuery(view=View.ALL, find="zed", sort=SortBy.NAME, limit=1)
    with pytest.MonkeyPatch.context() as patch, rollback_transaction(services) as tx:
        patch.setattr(listing, "MAX_SORTED", 0)
        patch.setattr(listing, "SCAN_FACTOR", 1)
        children = enumerate([*others, first, *hidden])
        people = [add_generated_child(tx, me, number, child) for number, child in children]
        tx.session.flush()
        found = compute_expected_ids(people, query.view, query.find, query.sort, descending=False)
        check_forwards(tx, me, query, found)


@pytest.mark.parametrize("find", ["%a", "_b", "\\", "d'", "%", "z", "zé"])
def test_scan_finds_words_of_any_characters(services: Services, me: Someone, find: str) -> None:
    names = ["%ab", "_ba", "\\ca", "d'ab", "Zéd", "xab"]
    with pytest.MonkeyPatch.context() as patch, rollback_transaction(services) as tx:
        patch.setattr(listing, "MAX_COUNTED", 0)
        patch.setattr(listing, "MAX_SORTED", 0)
        children = (GeneratedChild(name, "A", 0, "A", "A", hidden=False) for name in names)
        people = [add_generated_child(tx, me, *numbered) for numbered in enumerate(children)]
        tx.session.flush()
        query = PeopleQuery(find=find, limit=5)
        found = compute_expected_ids(people, query.view, find, query.sort, descending=False)
        assert len(found) == 1
        check_forwards(tx, me, query, found)


def test_scan_finds_children_whose_starts_of_words_are_not_stored(
    services: Services, me: Someone
) -> None:
    words = [chr(ord("\u4e00") + number) for number in range(200)]
    texts = " ".join(words[:100]), " ".join(words[100:])
    query = PeopleQuery(find="zed", limit=1)
    with pytest.MonkeyPatch.context() as patch, rollback_transaction(services) as tx:
        patch.setattr(listing, "MAX_COUNTED", 0)
        patch.setattr(listing, "MAX_SORTED", 0)
        children = [
            GeneratedChild("Zed", "A", 0, *places, hidden=False) for places in (("A", "A"), texts)
        ]
        people = [add_generated_child(tx, me, *numbered) for numbered in enumerate(children)]
        tx.session.flush()
        assert tx.session.get_one(ListedPerson, (me.id, people[1][0].id)).starts is None
        # A server of the version before adds entries without them.
        tx.session.get_one(ListedPerson, (me.id, people[0][0].id)).starts = None
        tx.session.flush()
        found = compute_expected_ids(people, query.view, query.find, query.sort, descending=False)
        check_forwards(tx, me, query, found)


def add_generated_child(
    tx: Transaction, me: Someone, number: int, child_data: GeneratedChild
) -> tuple[Person, bool]:
    new = child(
        first_name=f"{child_data.first} {number}",
        last_name=child_data.last,
        address=child_data.address,
        born=(date(2012, 1, 1) + timedelta(days=child_data.born)).isoformat(),
        school=child_data.school,
    )
    actor = make_actor(tx, me)
    person = add_person(tx, actor, PersonNew.model_validate(new))
    if child_data.hidden:
        hide(tx, actor, person.id, hidden=True)
    return tx.session.get_one(Person, person.id), child_data.hidden


def walk_pages(tx: Transaction, me: Someone, query: PeopleQuery) -> Iterator[PeoplePage]:
    page = list_people(tx, make_actor(tx, me), query)
    yield page
    while cursor := page.previous if query.end else page.next:
        page = list_people(
            tx, make_actor(tx, me), query.model_copy(update={"cursor": cursor, "end": False})
        )
        yield page


def check_forwards(
    tx: Transaction, me: Someone, query: PeopleQuery, expected_ids: list[UUID]
) -> None:
    pages = list(walk_pages(tx, me, query))
    assert [row.id for page in pages for row in page.rows] == expected_ids
    assert [page.start for page in pages] == [*range(0, max(len(expected_ids), 1), query.limit)]
    assert pages[0].previous is None
    check_total(pages, expected_ids)
    if len(pages) > 1:
        previous = query.model_copy(update={"cursor": pages[1].previous})
        assert list_people(tx, make_actor(tx, me), previous).rows == pages[0].rows


def check_backwards(
    tx: Transaction, me: Someone, query: PeopleQuery, expected_ids: list[UUID]
) -> None:
    pages = [*walk_pages(tx, me, query.model_copy(update={"end": True}))][::-1]
    assert [row.id for page in pages for row in page.rows] == expected_ids
    assert pages[-1].next is None
    check_total(pages, expected_ids)
    for page, next_page in pairwise(pages):
        assert page.start + len(page.rows) == next_page.start
    if not pages[-1].more:
        assert pages[0].start == 0


def check_total(pages: list[PeoplePage], expected_ids: list[UUID]) -> None:
    for page in pages:
        assert page.total <= len(expected_ids) if page.more else page.total == len(expected_ids)
