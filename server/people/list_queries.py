"""Statements that read a professional's list, each built once per shape.

A list is read through two tables. `ListedPerson` has an index for each sort order, for keyset
pages. `ListedWord` maps words to people, with the sort keys. The parameters of a statement are
`account` and `limit`, `key` and `person` of a cursor, and `word_0`, `end_0`, `length_0`, `start_0`,
`word_1` and so on for the words of a filter, the rarest first.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.core.pages import keyset_condition
from server.people.tables import ListedPerson, ListedWord, ListSize, Person
from shared.people import SortBy

SORT_COLUMNS = {
    SortBy.NAME: "sort_name",
    SortBy.BORN: "born",
    SortBy.ADDRESS: "sort_address",
    SortBy.SCHOOL: "sort_school",
}
ROW_COLUMNS = (
    col(Person.first_name),
    col(Person.last_name),
    col(Person.born),
    col(Person.address),
    col(Person.postcode),
    col(Person.school),
    col(ListedPerson.hidden),
    col(ListedPerson.allocated),
)
"""The columns of a `PersonRow`, except the id."""
ACCOUNT = bindparam("account", type_=Uuid())
LIMIT: BindParameter[int] = bindparam("limit")
CACHED_SHAPES = 500

Key = str | date
Column = ColumnElement[Any] | SQLColumnExpression[Any]
KeySelect = Select[*tuple[Any, ...]]
"""A select of sort keys (`key`) and people (`person_id`)."""


class Shape(NamedTuple):
    """The properties of a page that its statements depend on."""

    hidden: tuple[bool, ...]
    sort: SortBy
    descending: bool
    has_cursor: bool
    words: int


@lru_cache
def select_size(hidden: tuple[bool, ...]) -> KeySelect:
    """Count the people of a list, from the stored sizes."""
    people = func.coalesce(func.sum(col(ListSize.people)), 0)
    return select(people).where(
        col(ListSize.account_id) == ACCOUNT, _is_one_of(col(ListSize.hidden), hidden)
    )


@lru_cache(CACHED_SHAPES)
def select_page(shape: Shape) -> KeySelect:
    """Select a page of the whole list."""
    return _select_rows(
        shape, [_apply_page(shape, _select_listed(shape, hidden)) for hidden in shape.hidden]
    )


@lru_cache(CACHED_SHAPES)
def select_counts(shape: Shape) -> KeySelect:
    """Count the matches of each word, up to the limit, and select the end of a scan.

    The counts are followed by the key and the id of the person at offset `far` after the cursor in
    each part, null in shorter parts.
    """
    matches = (
        _select_word_matches(shape.hidden, word, literal_column("1")) for word in range(shape.words)
    )
    listed = (_after_cursor(shape, _select_listed(shape, hidden)) for hidden in shape.hidden)
    ends = [
        _apply_order(shape, keys).offset(bindparam("far")).limit(1).subquery() for keys in listed
    ]
    row: FromClause = select(literal_column("1")).subquery()
    for end in ends:
        row = row.outerjoin(end, true())
    return select(
        *(_count(keys.limit(LIMIT)) for keys in matches),
        *(column for end in ends for column in (end.c.key, end.c.person_id)),
    ).select_from(row)


@lru_cache(CACHED_SHAPES)
def select_match_count(shape: Shape) -> KeySelect:
    """Count the matches of all words, among all matches of the rarest."""
    return select(_count(_select_matches(shape)))


@lru_cache(CACHED_SHAPES)
def select_sorted_matches(shape: Shape) -> KeySelect:
    """Select a page of the matches of all words by sorting all matches of the rarest."""
    return _select_rows(shape, [_apply_page(shape, _select_matches(shape))])


@lru_cache(CACHED_SHAPES)
def select_scanned_matches(shape: Shape, is_bounded: bool) -> KeySelect:
    """Select a page of the matches of all words by scanning the list in its order.

    If it is bounded, the scan of each part ends at `end_key` and `end_person`.
    """
    parts = []
    for hidden in shape.hidden:
        keys = _select_listed(shape, hidden)
        if is_bounded:
            keys = keys.where(~_is_beyond(shape, keys, "end_key", "end_person"))
        account, person = col(ListedPerson.account_id), col(ListedPerson.person_id)
        for word in range(shape.words):
            keys = keys.where(_may_have_word(word), _has_word(word, account, person))
        parts.append(_apply_page(shape, keys))
    return _select_rows(shape, parts)


def _select_listed(shape: Shape, hidden: bool) -> KeySelect:
    return select(*_key_columns(ListedPerson, shape)).where(
        col(ListedPerson.account_id) == ACCOUNT, col(ListedPerson.hidden) == hidden
    )


def _select_matches(shape: Shape) -> KeySelect:
    account, person = col(ListedWord.account_id), col(ListedWord.person_id)
    return _select_word_matches(shape.hidden, 0, *_key_columns(ListedWord, shape)).where(
        *(_has_word(word, account, person) for word in range(1, shape.words))
    )


def _select_word_matches(hidden: tuple[bool, ...], word: int, *columns: Column) -> KeySelect:
    """Select each listed person with a word that starts with the prefix, once."""
    return select(*columns).where(
        col(ListedWord.account_id) == ACCOUNT,
        _is_one_of(col(ListedWord.hidden), hidden),
        _has_prefix(col(ListedWord.word), word),
        col(ListedWord.common) < bindparam(f"length_{word}"),
    )


def _key_columns(table: type[ListedPerson | ListedWord], shape: Shape) -> Iterator[Column]:
    yield getattr(table, SORT_COLUMNS[shape.sort]).label("key")
    yield col(table.person_id)
    yield col(table.account_id)


def _is_one_of(column: SQLColumnExpression[bool], values: Sequence[bool]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _has_prefix(column: SQLColumnExpression[str], word: int) -> ColumnElement[bool]:
    return and_(column >= bindparam(f"word_{word}"), column < bindparam(f"end_{word}"))


def _may_have_word(word: int) -> ColumnElement[bool]:
    """Build a condition on the index of the sort order, which spares most looks for the word."""
    starts = col(ListedPerson.starts)
    return or_(starts.is_(None), starts.like(bindparam(f"start_{word}"), escape="\\"))


def _has_word(
    word: int, account: SQLColumnExpression[Any], person: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    other = aliased(ListedWord)
    # SQLite reads all of a row for *, and only the index for a constant.
    matches: KeySelect = select(literal_column("1")).where(
        col(other.person_id) == person,
        col(other.account_id) == account,
        _has_prefix(col(other.word), word),
    )
    return matches.exists()


def _count(keys: KeySelect) -> ColumnElement[int]:
    return select(func.count()).select_from(keys.subquery()).scalar_subquery()


def _is_beyond(shape: Shape, keys: KeySelect, key: str, person: str) -> ColumnElement[bool]:
    columns = keys.selected_columns
    value = bindparam(key, type_=columns.key.type)
    row = bindparam(person, type_=Uuid())
    return keyset_condition(
        columns.key, value, columns.person_id, row, ascending=not shape.descending
    )


def _after_cursor(shape: Shape, keys: KeySelect) -> KeySelect:
    return keys.where(_is_beyond(shape, keys, "key", "person")) if shape.has_cursor else keys


def _apply_order(shape: Shape, keys: KeySelect) -> KeySelect:
    columns = (keys.selected_columns.key, keys.selected_columns.person_id)
    return keys.order_by(
        *(column.desc() if shape.descending else column.asc() for column in columns)
    )


def _apply_page(shape: Shape, keys: KeySelect) -> KeySelect:
    """Apply the cursor, the order and the limit of a page."""
    return _apply_order(shape, _after_cursor(shape, keys)).limit(LIMIT)


def _select_rows(shape: Shape, parts: Sequence[KeySelect]) -> KeySelect:
    """Select the rows of one or several parts, merged in order and limited."""
    selects = [select(part.subquery()) for part in parts]
    keys = (union_all(*selects) if len(parts) > 1 else parts[0]).subquery()
    rows = select(keys.c.key, keys.c.person_id, *ROW_COLUMNS).where(
        col(Person.id) == keys.c.person_id,
        col(ListedPerson.account_id) == keys.c.account_id,
        col(ListedPerson.person_id) == keys.c.person_id,
    )
    return _apply_order(shape, rows).limit(LIMIT)
