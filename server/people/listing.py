"""A page of a professional's list, whose cost does not depend on the length of the list.

A page is read by the index of its order, from where its cursor stands. A filter is looked up in
the list's words: the matches are sorted where they are few, and where they are many the list is
walked in its order until a page of matches is met.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.folding import fold
from server.core.pages import Cursor, decode_cursor, unknown_cursor
from server.people import list_queries
from server.people.finding import LAST
from server.people.list_queries import Key, Places, Shape
from shared.people import PeoplePage, PeopleQuery, PersonRow, SortBy, View

HIDDEN = {View.ACTIVE: (False,), View.HIDDEN: (True,), View.ALL: (False, True)}
COUNTED = 1_000
"""Matches are counted and sorted up to so many; where there are more, the list is walked."""
WALKS = (10, 20)
"""Rows of the list that are walked for each row of a page, before all matches are sorted."""


def list_people(tx: Transaction, actor: Actor, query: PeopleQuery) -> PeoplePage:
    """List a page of the actor's people; raises MALFORMED for an invalid cursor."""
    reader = _Reader(tx, actor.account_id, query)
    rows, total, more = reader.matches() if reader.words else (reader.page(), reader.size(), False)
    goes_on = len(rows) > query.limit
    rows = list(rows[: query.limit])
    if reader.backwards:
        rows.reverse()
    if more and not goes_on and reader.cursor is None:
        total, more = len(rows), False
    elif more:
        total = max(total, len(rows) + goes_on)
    if not rows:
        return PeoplePage(rows=[], start=0, total=total, more=more, next=None, previous=None)
    start = _start(reader, total, more, len(rows))
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


def _start(reader: "_Reader", total: int, more: bool, rows: int) -> int:
    """Tell the place of a page's first row, which its cursor carries."""
    if reader.cursor is not None:
        return max(reader.cursor.position - (rows if reader.backwards else 0), 0)
    if not reader.backwards:
        return 0
    return (reader.size() if more else total) - rows


def _cursor(row: Row[Any], position: int, *, before: bool) -> str:
    return Cursor(before, str(row.key), row.person_id, position).encode()


def _row(row: Row[Any]) -> PersonRow:
    return PersonRow(
        id=row.person_id,
        first_name=row.first_name,
        last_name=row.last_name,
        born=row.born,
        address=f"{row.address}, {row.postcode}",
        school=row.school,
        hidden=row.hidden,
        allocated=row.allocated,
    )


class _Reader:
    """Reads a page from a cursor or from an end, and one row more, to see if there are any."""

    def __init__(self, tx: Transaction, account: UUID, query: PeopleQuery) -> None:
        self._connection = tx.connection
        self.words = sorted(set(fold(query.find).split()))
        self.cursor = decode_cursor(query.cursor) if query.cursor else None
        self.backwards = query.end or (self.cursor is not None and self.cursor.before)
        self._limit = query.limit + 1
        self._shape = Shape(
            HIDDEN[query.view], query.sort, query.descending is not self.backwards,
            self.cursor is not None, len(self.words),
        )  # fmt: skip
        self._given: dict[str, Any] = {"account": account, "limit": self._limit}
        if self.cursor is not None:
            key = _key_value(query.sort, self.cursor.key)
            self._given |= {"key": key, "person": self.cursor.id}

    def size(self) -> int:
        """Return how many people the list has in this view."""
        return int(self._one(list_queries.size(self._shape.hidden))[0])

    def page(self) -> Sequence[Row[Any]]:
        """Read a page of the whole list."""
        return self._all(list_queries.page(self._shape))

    def matches(self) -> tuple[Sequence[Row[Any]], int, bool]:
        """Read a page of the matches, how many there are, and whether there may be more."""
        self._give_words()
        counts = self._one(
            list_queries.counts(self._shape.hidden, len(self.words)), limit=COUNTED + 1
        )
        # Of those that are counted no further, the longest is likely to be the rarest.
        found = dict(zip(self.words, counts, strict=True))
        rarest = min(self.words, key=lambda word: (found[word], -len(word)))
        self.words.sort(key=lambda word: word != rarest)
        self._give_words()
        total = min(counts)
        if total > COUNTED:
            return self._walk(), COUNTED if len(self.words) == 1 else 0, True
        if total and len(self.words) > 1:
            (total,) = self._one(list_queries.count_matches(self._shape))
        return self._sorted() if total else [], total, False

    def _give_words(self) -> None:
        for number, word in enumerate(self.words):
            self._given |= {f"word_{number}": word, f"end_{number}": word + LAST}

    def _walk(self) -> Sequence[Row[Any]]:
        """Walk the list for as long as that is likely to meet a page of matches; else sort all."""
        for walk in WALKS:
            ends: dict[str, Any] = {}
            for number, hidden in enumerate(self._shape.hidden):
                far = list_queries.far(self._shape, hidden)
                for end in self._all(far, far=self._limit * walk):
                    ends |= {f"key_{number}": end.key, f"person_{number}": end.person_id}
            is_cut = tuple(f"key_{number}" in ends for number in range(len(self._shape.hidden)))
            rows = self._all(list_queries.walked_matches(self._shape, is_cut), **ends)
            if len(rows) == self._limit or not ends:
                return rows
            if len(rows) * WALKS[-1] < self._limit * walk:
                break
        return self._sorted()

    def _sorted(self) -> Sequence[Row[Any]]:
        return self._all(list_queries.sorted_matches(self._shape))

    def _one(self, statement: Places, **given: object) -> Row[Any]:
        return self._connection.execute(statement, self._given | given).one()

    def _all(self, statement: Places, **given: object) -> Sequence[Row[Any]]:
        return self._connection.execute(statement, self._given | given).all()


def _key_value(sort: SortBy, key: str) -> Key:
    if sort is not SortBy.BORN:
        return key
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise unknown_cursor() from None
