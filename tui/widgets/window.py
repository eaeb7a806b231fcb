"""The loaded pages of a long list, around the current row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Row(Protocol):
    """A row of a list, identified by its id."""

    @property
    def id(self) -> UUID:
        """The row's id."""
        ...


RowT = TypeVar("RowT", bound=Row)
RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)


class Page(Protocol[RowT_co]):
    """A page of a list; its first row has index `start` among the `total` matches."""

    @property
    def rows(self) -> Sequence[RowT_co]:
        """The rows of the page, in order."""
        ...

    @property
    def start(self) -> int:
        """The index of the first row among all matches."""
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


PageRequest = tuple[str | None, bool]
"""The cursor of a page, and whether to read from the end of the list."""

FIRST_PAGE: PageRequest = (None, False)
NEAR_ROWS = 20
"""Distance from an edge, in rows, at which the next page is requested."""


class Window(Generic[RowT]):
    """Consecutive pages of a list; indexes count from 0 among all matches.

    Pages far from the visible rows are dropped, so memory use stays constant.
    """

    def __init__(self, page: Page[RowT], request: PageRequest = FIRST_PAGE) -> None:
        self._pages = [page]
        self._requests = [request]

    @property
    def total(self) -> int:
        """The number of matches, loaded or not."""
        return self._pages[-1].total

    @property
    def start(self) -> int:
        """The index of the first loaded row."""
        return self._pages[0].start

    @property
    def end(self) -> int:
        """The index after the last loaded row."""
        return self._pages[-1].start + len(self._pages[-1].rows)

    @property
    def next(self) -> str | None:
        """The cursor of the next page; None at the end of the list."""
        return self._pages[-1].next

    @property
    def previous(self) -> str | None:
        """The cursor of the previous page; None at the start of the list."""
        return self._pages[0].previous

    def row(self, index: int) -> RowT | None:
        """Return the row at an index, or None if it is not loaded."""
        for page in self._pages:
            if page.start <= index < page.start + len(page.rows):
                return page.rows[index - page.start]
        return None

    def index_of(self, row: RowT) -> int | None:
        """Return the index of the row with the same id, or None if it is not loaded."""
        for page in self._pages:
            for offset, other in enumerate(page.rows):
                if other.id == row.id:
                    return page.start + offset
        return None

    def request_for(self, index: int) -> PageRequest:
        """Return the request that loaded the page at an index, or that of the first page."""
        for page, request in zip(self._pages, self._requests, strict=True):
            if page.start <= index < page.start + len(page.rows):
                return request
        return FIRST_PAGE

    def cursor_to_load(self, first: int, last: int) -> str | None:
        """Return the cursor of a page to load if the visible rows are near an edge."""
        if self.next and last >= self.end - NEAR_ROWS:
            return self.next
        if self.previous and first < self.start + NEAR_ROWS:
            return self.previous
        return None

    def add_page(self, page: Page[RowT], cursor: str, first: int, last: int) -> None:
        """Add the next or previous page, and drop pages far from the visible rows."""
        request = (cursor, False)
        if cursor == self.next:
            self._pages.append(page)
            self._requests.append(request)
            while first >= self._pages[1].start + NEAR_ROWS:
                del self._pages[0], self._requests[0]
        elif cursor == self.previous:
            self._pages.insert(0, page)
            self._requests.insert(0, request)
            while last < self._pages[-1].start - NEAR_ROWS:
                del self._pages[-1], self._requests[-1]
