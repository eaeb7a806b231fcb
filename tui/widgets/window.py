"""The part of a long list that is held: a few pages around the row one stands at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Row(Protocol):
    """One of a list, known by its id."""

    @property
    def id(self) -> UUID:
        """What the row is known by."""
        ...


RowT = TypeVar("RowT", bound=Row)
RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)


class Page(Protocol[RowT_co]):
    """A page of a list; `start` is the place of its first row among the `total` found."""

    @property
    def rows(self) -> Sequence[RowT_co]:
        """Its rows, in their order."""
        ...

    @property
    def start(self) -> int:
        """The place of the first row."""
        ...

    @property
    def total(self) -> int:
        """How many were found."""
        ...

    @property
    def more(self) -> bool:
        """Whether there may be more than were counted."""
        ...

    @property
    def next(self) -> str | None:
        """The cursor of the page after."""
        ...

    @property
    def previous(self) -> str | None:
        """The cursor of the page before."""
        ...


Way = tuple[str | None, bool]
"""How a page is asked for: by a cursor, and whether the last one is meant."""

START: Way = (None, False)
NEAR = 20
"""How many rows before an edge the next page is asked for."""


class Window(Generic[RowT]):
    """Pages that follow one another; places count from 0 among all that were found.

    However long the list, a page is let go once it is far enough from what is shown.
    """

    def __init__(self, page: Page[RowT], way: Way = START) -> None:
        self._pages = [page]
        self._ways = [way]

    @property
    def total(self) -> int:
        """How many were found, held here or not."""
        return self._pages[-1].total

    @property
    def start(self) -> int:
        """The place of the first row held."""
        return self._pages[0].start

    @property
    def end(self) -> int:
        """The place after the last row held."""
        return self._pages[-1].start + len(self._pages[-1].rows)

    @property
    def next(self) -> str | None:
        """The cursor of the page after; None at the end of the list."""
        return self._pages[-1].next

    @property
    def previous(self) -> str | None:
        """The cursor of the page before; None at the start of the list."""
        return self._pages[0].previous

    def row(self, place: int) -> RowT | None:
        """The row at a place, where it is held."""
        for page in self._pages:
            if page.start <= place < page.start + len(page.rows):
                return page.rows[place - page.start]
        return None

    def place_of(self, row: RowT) -> int | None:
        """The place of a row, found by its id, where it is held."""
        for page in self._pages:
            for index, other in enumerate(page.rows):
                if other.id == row.id:
                    return page.start + index
        return None

    def way_to(self, place: int) -> Way:
        """How the page of a place was asked for."""
        for page, way in zip(self._pages, self._ways, strict=True):
            if page.start <= place < page.start + len(page.rows):
                return way
        return START

    def wanted(self, first: int, last: int) -> str | None:
        """The cursor of the page to load when the rows shown, first to last, are near an edge."""
        if self.next and last >= self.end - NEAR:
            return self.next
        if self.previous and first < self.start + NEAR:
            return self.previous
        return None

    def join(self, page: Page[RowT], cursor: str, first: int, last: int) -> None:
        """Take in the page that a cursor of this window led to; let go what is far off."""
        way = (cursor, False)
        if cursor == self.next:
            self._pages.append(page)
            self._ways.append(way)
            while first >= self._pages[1].start + NEAR:
                del self._pages[0], self._ways[0]
        elif cursor == self.previous:
            self._pages.insert(0, page)
            self._ways.insert(0, way)
            while last < self._pages[-1].start - NEAR:
                del self._pages[-1], self._ways[-1]
