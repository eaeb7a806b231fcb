"""Pages of a professional's list, at a cost independent of the length of the list.

A page is a keyset page on the index of its sort order. A filter is looked up in the list's words:
few matches are sorted, but for many matches the list is scanned in order until a page is full.
"""

import re
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
from server.people.list_queries import Key, KeySelect, Shape
from server.people.search import LAST_CODE_POINT, START_LENGTH
from shared.people import PeoplePage, PeopleQuery, PersonRow, SortBy, View

HIDDEN_FLAGS = {View.ACTIVE: (False,), View.HIDDEN: (True,), View.ALL: (False, True)}
MAX_COUNTED = 400
"""Maximum number of matches whose number is shown."""
MAX_SORTED = 1_500
"""Maximum number of matches to sort at once; beyond that, the list is scanned first."""
SCAN_FACTOR = 50
"""Rows to scan per row of a page, before sorting all matches instead."""


def list_people(tx: Transaction, actor: Actor, query: PeopleQuery) -> PeoplePage:
    """List a page of the actor's people; raises MALFORMED for an invalid cursor."""
    reader = _Reader(tx, actor.account_id, query)
    rows, total, more = (
        reader.read_matches() if reader.words else (reader.read_page(), reader.read_size(), False)
    )
    has_more = len(rows) > query.limit
    rows = list(rows[: query.limit])
    if reader.backwards:
        rows.reverse()
    if more and not has_more and reader.cursor is None:
        total, more = len(rows), False
    elif more:
        total = max(total, len(rows) + has_more)
    if not rows:
        return PeoplePage(rows=[], start=0, total=total, more=more, next=None, previous=None)
    start = _start_position(reader, total, more, len(rows))
    before = has_more if reader.backwards else reader.cursor is not None
    after = reader.cursor is not None if reader.backwards else has_more
    return PeoplePage(
        rows=[_row(row) for row in rows],
        start=start,
        total=total,
        more=more,
        next=_cursor(rows[-1], start + len(rows), before=False) if after else None,
        previous=_cursor(rows[0], start, before=True) if before else None,
    )


def _start_position(reader: "_Reader", total: int, more: bool, rows: int) -> int:
    """Return the position of a page's first row, which the cursor carries."""
    if reader.cursor is not None:
        return max(reader.cursor.position - (rows if reader.backwards else 0), 0)
    if not reader.backwards:
        return 0
    return (reader.read_size() if more else total) - rows


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
    """Reads one page of a list, with an extra row to detect whether another page follows."""

    def __init__(self, tx: Transaction, account: UUID, query: PeopleQuery) -> None:
        self._connection = tx.connection
        self.words = sorted(set(fold(query.find).split()))
        self.cursor = decode_cursor(query.cursor) if query.cursor else None
        self.backwards = query.end or (self.cursor is not None and self.cursor.before)
        self._limit = query.limit + 1
        self._shape = Shape(
            HIDDEN_FLAGS[query.view],
            query.sort,
            query.descending is not self.backwards,
            self.cursor is not None,
            len(self.words),
        )
        self._parameters: dict[str, Any] = {"account": account, "limit": self._limit}
        if self.cursor is not None:
            key = _key_value(query.sort, self.cursor.key)
            self._parameters |= {"key": key, "person": self.cursor.id}

    def read_size(self) -> int:
        """Return the number of people in this view of the list."""
        return int(self._fetch_one(list_queries.select_size(self._shape.hidden))[0])

    def read_page(self) -> Sequence[Row[Any]]:
        """Read a page of the whole list."""
        return self._fetch_all(list_queries.select_page(self._shape))

    def read_matches(self) -> tuple[Sequence[Row[Any]], int, bool]:
        """Return a page of the matches, their number, and whether there may be more."""
        self._bind_words()
        row = self._fetch_one(
            list_queries.select_counts(self._shape),
            limit=max(MAX_COUNTED, MAX_SORTED) + 1,
            far=self._limit * SCAN_FACTOR,
        )
        counts, ends = row[: len(self.words)], row[len(self.words) :]
        # Of the words that reach the limit, the longest is likely to be the rarest.
        counts_by_word = dict(zip(self.words, counts, strict=True))
        rarest = min(self.words, key=lambda word: (counts_by_word[word], -len(word)))
        self.words.sort(key=lambda word: word != rarest)
        self._bind_words()
        total = min(counts)
        if total > MAX_COUNTED:
            rows = self._scan(ends) if total > MAX_SORTED else self._read_sorted()
            return rows, MAX_COUNTED if len(self.words) == 1 else 0, True
        if total and len(self.words) > 1:
            (total,) = self._fetch_one(list_queries.select_match_count(self._shape))
        return self._read_sorted() if total else [], total, False

    def _bind_words(self) -> None:
        for number, word in enumerate(self.words):
            self._parameters |= {
                f"word_{number}": word,
                f"end_{number}": word + LAST_CODE_POINT,
                f"length_{number}": len(word),
                f"start_{number}": f"% {_escape(word[:START_LENGTH])}%",
            }

    def _scan(self, ends: Sequence[Any]) -> Sequence[Row[Any]]:
        """Scan the list for a page of matches; otherwise sort all matches.

        `ends` holds the key and the id of the end of each part, or None for both.
        """
        places = [
            (key, id) for key, id in zip(ends[::2], ends[1::2], strict=True) if id is not None
        ]
        end = {}
        if places:
            # Beyond the first end, a match of the other part may come before this part's next.
            key, person = max(places) if self._shape.descending else min(places)
            end = {"end_key": key, "end_person": person}
        rows = self._fetch_all(
            list_queries.select_scanned_matches(self._shape, bool(places)), **end
        )
        return rows if len(rows) == self._limit or not places else self._read_sorted()

    def _read_sorted(self) -> Sequence[Row[Any]]:
        return self._fetch_all(list_queries.select_sorted_matches(self._shape))

    def _fetch_one(self, statement: KeySelect, **parameters: object) -> Row[Any]:
        return self._connection.execute(statement, self._parameters | parameters).one()

    def _fetch_all(self, statement: KeySelect, **parameters: object) -> Sequence[Row[Any]]:
        return self._connection.execute(statement, self._parameters | parameters).all()


def _escape(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _key_value(sort: SortBy, key: str) -> Key:
    if sort is not SortBy.BORN:
        return key
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise unknown_cursor() from None
