"""The statements that read a professional's list, each built once for its shape.

A list is read by two tables. `ListedPerson` has an index for each order, in which a page is read
from where its cursor stands. `ListedWord` has who is found by how a word begins, with the sort
keys. A statement's parameters are `account`, `limit`, of a cursor `key` and `person`, and of the
words of a filter `word_0` and `end_0`, `word_1` and so on, the rarest of them first.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.core.pages import beyond
from server.people.tables import ListedPerson, ListedWord, ListSize, Person
from shared.people import SortBy

SORT = {
    SortBy.NAME: "sort_name",
    SortBy.BORN: "born",
    SortBy.ADDRESS: "sort_address",
    SortBy.SCHOOL: "sort_school",
}
ROW = (
    col(Person.first_name), col(Person.last_name), col(Person.born),
    col(Person.address), col(Person.postcode), col(Person.school),
    col(ListedPerson.hidden), col(ListedPerson.allocated),
)  # fmt: skip
"""What a `PersonRow` tells, beside the id."""
ACCOUNT = bindparam("account", type_=Uuid())
LIMIT: BindParameter[int] = bindparam("limit")
SHAPES = 500

Key = str | date
Column = ColumnElement[Any] | SQLColumnExpression[Any]
Places = Select[*tuple[Any, ...]]
"""Rows by what they are sorted by (`key`), and whom they are about (`person_id`)."""


class Shape(NamedTuple):
    """What a page of a list has that makes its statements differ from another's."""

    hidden: tuple[bool, ...]
    sort: SortBy
    falling: bool
    has_cursor: bool
    words: int


@lru_cache
def size(hidden: tuple[bool, ...]) -> Places:
    """Count the people of a list, by the sizes kept."""
    people = func.coalesce(func.sum(col(ListSize.people)), 0)
    return select(people).where(
        col(ListSize.account_id) == ACCOUNT, _is_any(col(ListSize.hidden), hidden)
    )


@lru_cache(SHAPES)
def page(shape: Shape) -> Places:
    """Read a page of the whole list."""
    return _rows(shape, [_cut(shape, _listed(shape, hidden)) for hidden in shape.hidden])


@lru_cache(SHAPES)
def counts(hidden: tuple[bool, ...], words: int) -> Places:
    """Count, for each word, who is found by it; up to the limit."""
    found = [_found(hidden, number, literal_column("1")) for number in range(words)]
    return select(*(_count(places.limit(LIMIT)) for places in found))


@lru_cache(SHAPES)
def count_matches(shape: Shape) -> Places:
    """Count who is found by all words, among all who are found by the rarest."""
    return select(_count(_matches(shape)))


@lru_cache(SHAPES)
def sorted_matches(shape: Shape) -> Places:
    """Read a page of those found by all words: all who are found by the rarest are sorted."""
    return _rows(shape, [_cut(shape, _matches(shape))])


@lru_cache(SHAPES)
def far(shape: Shape, hidden: bool) -> Places:
    """Find the row of the list that lies `far` rows beyond the cursor."""
    return _in_order(shape, _after(shape, _listed(shape, hidden))).offset(bindparam("far")).limit(1)


@lru_cache(SHAPES)
def walked_matches(shape: Shape, ends: tuple[bool, ...]) -> Places:
    """Read a page of those found by all words: the list is walked in its order.

    Each part of the list for which `ends` holds is walked up to `key_0` and `person_0`, and so on.
    """
    parts = []
    for number, hidden in enumerate(shape.hidden):
        places = _listed(shape, hidden)
        if ends[number]:
            places = places.where(~_beyond(shape, places, f"key_{number}", f"person_{number}"))
        account, person = col(ListedPerson.account_id), col(ListedPerson.person_id)
        has = (_has(word, account, person) for word in range(shape.words))
        parts.append(_cut(shape, places.where(*has)))
    return _rows(shape, parts)


def _listed(shape: Shape, hidden: bool) -> Places:
    return select(*_place(ListedPerson, shape)).where(
        col(ListedPerson.account_id) == ACCOUNT, col(ListedPerson.hidden) == hidden
    )


def _matches(shape: Shape) -> Places:
    account, person = col(ListedWord.account_id), col(ListedWord.person_id)
    return _found(shape.hidden, 0, *_place(ListedWord, shape)).where(
        *(_has(word, account, person) for word in range(1, shape.words))
    )


def _found(hidden: tuple[bool, ...], word: int, *columns: Column) -> Places:
    """Select each person of the list once of whose words one begins so."""
    return select(*columns).where(
        col(ListedWord.account_id) == ACCOUNT,
        _is_any(col(ListedWord.hidden), hidden),
        _begins(col(ListedWord.word), word),
        col(ListedWord.common) < func.length(bindparam(f"word_{word}")),
    )


def _place(table: type[ListedPerson | ListedWord], shape: Shape) -> Iterator[Column]:
    yield getattr(table, SORT[shape.sort]).label("key")
    yield col(table.person_id)
    yield col(table.account_id)


def _is_any(column: SQLColumnExpression[bool], values: Sequence[bool]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _begins(column: SQLColumnExpression[str], word: int) -> ColumnElement[bool]:
    return and_(column >= bindparam(f"word_{word}"), column < bindparam(f"end_{word}"))


def _has(
    word: int, account: SQLColumnExpression[Any], person: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    other = aliased(ListedWord)
    return exists().where(
        col(other.person_id) == person,
        col(other.account_id) == account,
        _begins(col(other.word), word),
    )


def _count(places: Places) -> ColumnElement[int]:
    return select(func.count()).select_from(places.subquery()).scalar_subquery()


def _beyond(shape: Shape, places: Places, key: str, person: str) -> ColumnElement[bool]:
    columns = places.selected_columns
    at = bindparam(key, type_=columns.key.type)
    row = bindparam(person, type_=Uuid())
    return beyond(columns.key, at, columns.person_id, row, ascending=not shape.falling)


def _after(shape: Shape, places: Places) -> Places:
    return places.where(_beyond(shape, places, "key", "person")) if shape.has_cursor else places


def _in_order(shape: Shape, places: Places) -> Places:
    columns = (places.selected_columns.key, places.selected_columns.person_id)
    return places.order_by(*(one.desc() if shape.falling else one.asc() for one in columns))


def _cut(shape: Shape, places: Places) -> Places:
    """Begin at the cursor, in the order of the page, and end after it."""
    return _in_order(shape, _after(shape, places)).limit(LIMIT)


def _rows(shape: Shape, parts: Sequence[Places]) -> Places:
    """Read the rows of places, which are sorted and cut once more where they are several."""
    several = [select(part.subquery()) for part in parts]
    place = (union_all(*several) if len(parts) > 1 else parts[0]).subquery()
    rows = select(place.c.key, place.c.person_id, *ROW).where(
        col(Person.id) == place.c.person_id,
        col(ListedPerson.account_id) == place.c.account_id,
        col(ListedPerson.person_id) == place.c.person_id,
    )
    return _in_order(shape, rows).limit(LIMIT)
