"""The loaded part of a long list: a few pages around the current row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Row(Protocol):
    """A row of a list, identified by its id."""

    @property
    def id(self) -> UUID:
        """The identifier of the row."""
        ...


RowT = TypeVar("RowT", bound=Row)
RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)


class Page(Protocol[RowT_co]):
    """A page of a list; its first row is at `start` among the `total` matches."""

    @property
    def rows(self) -> Sequence[RowT_co]:
        """The rows of the page, in order."""
        ...

    @property
    def start(self) -> int:
        """The place of the first row."""
        ...

    @property
    def total(self) -> int:
        """The number of matches."""
        ...

    @property
    def more(self) -> bool:
        """Whether there may be more matches than `total`."""
        ...

    @property
    def next(self) -> str | None:
        """The cursor of the next page."""
        ...

    @property
    def previous(self) -> str | None:
        """The cursor of the previous page."""
        ...


Way = tuple[str | None, bool]
"""How to request a page: its cursor, and whether to read from the end."""

START: Way = (None, False)
NEAR = 20
"""How many rows from an edge the next page is requested."""


class Window(Generic[RowT]):
    """Consecutive pages of a list; places count from 0 among all matches.

    Pages far from the visible rows are dropped, so memory stays flat however long the list is.
    """

    def __init__(self, page: Page[RowT], way: Way = START) -> None:
        self._pages = [page]
        self._ways = [way]

    @property
    def total(self) -> int:
        """The number of matches, loaded or not."""
        return self._pages[-1].total

    @property
    def start(self) -> int:
        """The place of the first loaded row."""
        return self._pages[0].start

    @property
    def end(self) -> int:
        """The place after the last loaded row."""
        return self._pages[-1].start + len(self._pages[-1].rows)

    @property
    def next(self) -> str | None:
        """The cursor of the next page; None at the end of the list."""
        return self._pages[-1].next

    @property
    def previous(self) -> str | None:
        """The cursor of the previous page; None at the start of the list."""
        return self._pages[0].previous

    def row(self, place: int) -> RowT | None:
        """Return the row at a place, or None if it is not loaded."""
        for page in self._pages:
            if page.start <= place < page.start + len(page.rows):
                return page.rows[place - page.start]
        return None

    def place_of(self, row: RowT) -> int | None:
        """Return the place of the row with the same id, or None if it is not loaded."""
        for page in self._pages:
            for index, other in enumerate(page.rows):
                if other.id == row.id:
                    return page.start + index
        return None

    def way_to(self, place: int) -> Way:
        """Return how the page at a place was requested."""
        for page, way in zip(self._pages, self._ways, strict=True):
            if page.start <= place < page.start + len(page.rows):
                return way
        return START

    def cursor_to_load(self, first: int, last: int) -> str | None:
        """Return the cursor of the page to load if the visible rows are near an edge."""
        if self.next and last >= self.end - NEAR:
            return self.next
        if self.previous and first < self.start + NEAR:
            return self.previous
        return None

    def join(self, page: Page[RowT], cursor: str, first: int, last: int) -> None:
        """Add the page at a cursor of this window, and drop pages that are far away."""
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
