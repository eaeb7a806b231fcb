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
from server.people.tables import Person
from shared.people import PeoplePage, PeopleQuery, PersonNew, SortBy, View
from tests.parts import Someone
from tests.server.people.lists import assert_lists_agree, expected
from tests.server.races import actor_of
from tests.server.steps import child

WORDS = st.sampled_from(["Zed", "zedar", "Órla", "or", "Quill-Marsh", "marsh", "A", "ab"])
FILTERS = st.sampled_from(["", "z", "ze", "zed", "o", "mar", "a z", "quill m", "2012", "none"])


class DrawnChild(NamedTuple):
    """Generated child."""

    first: str
    last: str
    born: int
    address: str
    school: str
    hidden: bool


CHILDREN = st.lists(
    st.builds(DrawnChild, WORDS, WORDS, st.integers(0, 2), WORDS, WORDS, st.booleans()), max_size=12
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
def rolled_back(services: Services) -> Iterator[Transaction]:
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
    drawn=CHILDREN,
    queries=st.lists(QUERIES, min_size=1, max_size=3),
    counted=st.sampled_from([0, 2, 1_000]),
    walks=st.sampled_from([(1, 2), (5, 20)]),
)
def test_pages_match_the_model(
    services: Services,
    me: Someone,
    drawn: list[DrawnChild],
    queries: list[PeopleQuery],
    counted: int,
    walks: tuple[int, int],
) -> None:
    with pytest.MonkeyPatch.context() as patch, rolled_back(services) as tx:
        patch.setattr(listing, "MAX_COUNTED", counted)
        patch.setattr(listing, "SCAN_FACTORS", walks)
        people = [add(tx, me, number, drawn_child) for number, drawn_child in enumerate(drawn)]
        tx.session.flush()
        assert_lists_agree(tx)
        for query in queries:
            expected_ids = expected(
                people, query.view, query.find, query.sort, descending=query.descending
            )
            check_forwards(tx, me, query, expected_ids)
            check_backwards(tx, me, query, expected_ids)


def add(tx: Transaction, me: Someone, number: int, drawn: DrawnChild) -> tuple[Person, bool]:
    new = child(
        first_name=f"{drawn.first} {number}",
        last_name=drawn.last,
        address=drawn.address,
        born=(date(2012, 1, 1) + timedelta(days=drawn.born)).isoformat(),
        school=drawn.school,
    )
    actor = actor_of(tx, me)
    person = add_person(tx, actor, PersonNew.model_validate(new))
    if drawn.hidden:
        hide(tx, actor, person.id, hidden=True)
    return tx.session.get_one(Person, person.id), drawn.hidden


def walk(tx: Transaction, me: Someone, query: PeopleQuery) -> Iterator[PeoplePage]:
    page = list_people(tx, actor_of(tx, me), query)
    yield page
    while cursor := page.previous if query.end else page.next:
        page = list_people(
            tx, actor_of(tx, me), query.model_copy(update={"cursor": cursor, "end": False})
        )
        yield page


def check_forwards(
    tx: Transaction, me: Someone, query: PeopleQuery, expected_ids: list[UUID]
) -> None:
    pages = list(walk(tx, me, query))
    assert [row.id for page in pages for row in page.rows] == expected_ids
    assert [page.start for page in pages] == [*range(0, max(len(expected_ids), 1), query.limit)]
    assert pages[0].previous is None
    check_total(pages, expected_ids)
    if len(pages) > 1:
        previous = query.model_copy(update={"cursor": pages[1].previous})
        assert list_people(tx, actor_of(tx, me), previous).rows == pages[0].rows


def check_backwards(
    tx: Transaction, me: Someone, query: PeopleQuery, expected_ids: list[UUID]
) -> None:
    pages = [*walk(tx, me, query.model_copy(update={"end": True}))][::-1]
    assert [row.id for page in pages for row in page.rows] == expected_ids
    assert pages[-1].next is None
    check_total(pages, expected_ids)
    for page, after in pairwise(pages):
        assert page.start + len(page.rows) == after.start
    if not pages[-1].more:
        assert pages[0].start == 0


def check_total(pages: list[PeoplePage], expected_ids: list[UUID]) -> None:
    for page in pages:
        assert page.total <= len(expected_ids) if page.more else page.total == len(expected_ids)
