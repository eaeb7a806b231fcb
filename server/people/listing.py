"""A page of a professional's list, whose cost does not depend on the length of the list.

Each order is an index that begins with the list, so a page is read from where its cursor stands.
A filter is looked up in the list's words: the matches are sorted where they are few, and where
they are many the list is walked in its order until a page of matches is met.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.pages import Cursor, beyond, read_cursor, unknown_place
from server.people.finding import LAST, fold
from server.people.tables import ListedPerson, ListedWord, ListSize, Person
from shared.people import PAGE_SIZE, PeoplePage, PersonRow, SortBy, View

SORT = {
    SortBy.NAME: "sort_name",
    SortBy.BORN: "born",
    SortBy.ADDRESS: "sort_address",
    SortBy.SCHOOL: "sort_school",
}
HIDDEN = {View.ACTIVE: [False], View.HIDDEN: [True], View.ALL: [False, True]}
COUNTED = 5_000
"""Matches are counted and sorted up to so many; where there are more, the list is walked."""
WALKED = 20
"""Rows of the list that are walked for each row of a page, before all matches are sorted."""

ROW = (
    col(Person.id), col(Person.first_name), col(Person.last_name), col(Person.born),
    col(Person.address), col(Person.postcode), col(Person.school),
    col(ListedPerson.hidden), col(ListedPerson.allocated),
)  # fmt: skip
"""What a `PersonRow` tells."""
LISTED = (col(ListedPerson.account_id), col(ListedPerson.person_id))
LISTED_WORD = (col(ListedWord.account_id), col(ListedWord.person_id))
Key = str | date
Places = Select[*tuple[Any, ...]]
"""Rows by what they are sorted by (`key`), and whom they are about (`person_id`)."""


class PeopleQuery(NamedTuple):
    """Parameters of the list: which part of it, in which order, and which page."""

    view: View = View.ACTIVE
    find: str = ""
    sort: SortBy = SortBy.NAME
    descending: bool = False
    cursor: str | None = None
    end: bool = False
    limit: int = PAGE_SIZE


def list_people(tx: Transaction, actor: Actor, query: PeopleQuery) -> PeoplePage:
    """List a page of the actor's people; raises MALFORMED for an invalid cursor."""
    reader = _Reader(tx, actor.account_id, query)
    size, more = reader.size(), False
    if reader.words:
        rows, total, more = reader.matches()
    else:
        rows, total = reader.page(), size
    goes_on = len(rows) > query.limit
    rows = list(rows[: query.limit])
    if reader.backwards:
        rows.reverse()
    if more:
        total = max(total, len(rows) + goes_on)
    if not rows:
        return PeoplePage(rows=[], start=0, total=total, more=more, next=None, previous=None)
    start = _start(reader, size if more else total, len(rows))
    before = goes_on if reader.backwards else reader.cursor is not None
    after = reader.cursor is not None if reader.backwards else goes_on
    return PeoplePage(
        rows=[_row(row) for row in rows],
        start=start,
        total=total,
        more=more,
        next=_cursor(rows[-1], start + len(rows), before=False) if after else None,
        previous=_cursor(rows[0], start, before=True) if before else None,
    )


def _start(reader: "_Reader", total: int, rows: int) -> int:
    """Tell the place of a page's first row, which its cursor carries."""
    if not reader.backwards:
        return reader.cursor.position if reader.cursor else 0
    return max((reader.cursor.position if reader.cursor else total) - rows, 0)


def _cursor(row: Row[Any], position: int, *, before: bool) -> str:
    return Cursor(before, str(row.key), row.id, position).write()


def _row(row: Row[Any]) -> PersonRow:
    return PersonRow(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        born=row.born,
        address=f"{row.address}, {row.postcode}",
        school=row.school,
        hidden=row.hidden,
        allocated=row.allocated,
    )


class _Reader:
    """The statements that read a page: from a cursor or from an end, and one row more."""

    def __init__(self, tx: Transaction, account: UUID, query: PeopleQuery) -> None:
        self._session = tx.session
        self._account = account
        self._views = HIDDEN[query.view]
        self._sort = query.sort
        self.words = sorted(set(fold(query.find).split()))
        self.cursor = read_cursor(query.cursor) if query.cursor else None
        self.backwards = query.end or (self.cursor is not None and self.cursor.before)
        self._falling = query.descending is not self.backwards
        self._limit = query.limit + 1

    def size(self) -> int:
        """Return how many people the list has in this view."""
        size = select(func.coalesce(func.sum(col(ListSize.people)), 0)).where(
            col(ListSize.account_id) == self._account, col(ListSize.hidden).in_(self._views)
        )
        return int(self._session.execute(size).scalar_one())

    def page(self) -> Sequence[Row[Any]]:
        """Read a page of the whole list."""
        return self._read([self._cut(self._listed(hidden)) for hidden in self._views])

    def matches(self) -> tuple[Sequence[Row[Any]], int, bool]:
        """Read a page of the matches, how many there are, and whether there may be more."""
        counts = [_count(self._having(word).limit(COUNTED + 1)) for word in self.words]
        by_word = dict(zip(self.words, self._session.execute(select(*counts)).one(), strict=True))
        rarest = min(self.words, key=lambda word: by_word[word])
        found = self._having(rarest).where(
            *(_has(word, *LISTED_WORD) for word in self.words if word != rarest)
        )
        total = by_word[rarest]
        if total > COUNTED:
            return self._walk(found), COUNTED if len(self.words) == 1 else 0, True
        if total and len(self.words) > 1:
            total = self._session.execute(select(_count(found))).scalar_one()
        return self._read([self._cut(found)]) if total else [], total, False

    def _walk(self, found: Places) -> Sequence[Row[Any]]:
        """Walk the list, as far as is likely to meet a page of matches; else sort all of them."""
        parts, is_whole = [], True
        for hidden in self._views:
            places = self._listed(hidden)
            far = self._cut(places).offset(self._limit * WALKED).limit(1)
            if end := self._session.execute(far).first():
                is_whole = False
                places = places.where(~self._beyond(places, end.key, end.person_id))
            has = (_has(word, *LISTED) for word in self.words)
            parts.append(self._cut(places.where(*has)))
        rows = self._read(parts)
        return rows if is_whole or len(rows) == self._limit else self._read([self._cut(found)])

    def _listed(self, hidden: bool) -> Places:
        return self._places(ListedPerson).where(col(ListedPerson.hidden) == hidden)

    def _having(self, word: str) -> Places:
        """Select each person of the list once of whose words one begins so."""
        return self._places(ListedWord).where(
            col(ListedWord.hidden).in_(self._views),
            _begins(col(ListedWord.word), word),
            col(ListedWord.common) < len(word),
        )

    def _places(self, table: type[ListedPerson | ListedWord]) -> Places:
        key: ColumnElement[Key] = getattr(table, SORT[self._sort]).label("key")
        account = col(table.account_id)
        return select(key, col(table.person_id), account).where(account == self._account)

    def _cut(self, places: Places) -> Places:
        """Begin at the cursor, in the order of the page, and end after it."""
        if self.cursor is not None:
            key = _key_value(self._sort, self.cursor.key)
            places = places.where(self._beyond(places, key, self.cursor.id))
        columns = places.selected_columns
        return self._in_order(places, columns.key, columns.person_id)

    def _beyond(self, places: Places, key: Key, person: UUID) -> ColumnElement[bool]:
        columns = places.selected_columns
        return beyond(
            columns.key, literal(key), columns.person_id, person, rising=not self._falling
        )

    def _in_order(self, places: Places, *by: ColumnElement[Any]) -> Places:
        order = [one.desc() if self._falling else one.asc() for one in by]
        return places.order_by(*order).limit(self._limit)

    def _read(self, parts: Sequence[Places]) -> Sequence[Row[Any]]:
        """Read the rows of places, which are sorted and cut once more where they are several."""
        several = [select(part.subquery()) for part in parts]
        place = (union_all(*several) if len(parts) > 1 else parts[0]).subquery()
        rows = select(
            place.c.key, *ROW,
        ).where(
            col(Person.id) == place.c.person_id,
            col(ListedPerson.account_id) == place.c.account_id,
            col(ListedPerson.person_id) == place.c.person_id,
        )  # fmt: skip
        return self._session.execute(self._in_order(rows, place.c.key, place.c.person_id)).all()


def _count(places: Places) -> ColumnElement[int]:
    return select(func.count()).select_from(places.subquery()).scalar_subquery()


def _begins(begun: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    return and_(begun >= word, begun < word + LAST)


def _has(
    word: str, account: SQLColumnExpression[UUID], person: SQLColumnExpression[UUID]
) -> ColumnElement[bool]:
    other = aliased(ListedWord)
    return exists().where(
        col(other.person_id) == person,
        col(other.account_id) == account,
        _begins(col(other.word), word),
    )


def _key_value(sort: SortBy, key: str) -> str | date:
    if sort is not SortBy.BORN:
        return key
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise unknown_place() from None
