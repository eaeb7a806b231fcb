"""A screen of one long list: a filter above a table, of which a few pages are held."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Generic

from textual import on
from textual.binding import BindingType
from textual.widgets import Input, Select, Static

from tui.core.commands import command
from tui.core.list_query import ListQuery
from tui.widgets.screen import PortalScreen
from tui.widgets.table import RowTable
from tui.widgets.window import START, Page, RowT, Way, Window


class ListScreen(PortalScreen, Generic[RowT]):
    """Filters as one types, sorts, and loads pages as they are wanted.

    A subclass lays out `#filter`, `#view`, `#found` and its table; it tells how to `read` a page,
    what the `nobody_words` are, and what `open` opens.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        command("list.open", "enter", "open", "open", "Open the current row."),
        command("list.filter", "slash", "filter", "filter", "Find by name.", first=True),
        command("list.sort", "s", "sort", "sort", "Sort by the next column."),
    ]

    def __init__(self, asked: ListQuery) -> None:
        super().__init__()
        self._asked = asked
        self._all: dict[str, int] = {}
        self._joining: str | None = None

    @property
    def table(self) -> RowTable[RowT]:
        """The table of the list."""
        raise NotImplementedError

    async def read(
        self, asked: ListQuery, cursor: str | None = None, end: bool = False
    ) -> Page[RowT]:
        """Read a page: the first, the one a cursor leads to, or the last (`end`)."""
        raise NotImplementedError

    def nobody_words(self, asked: ListQuery) -> str:
        """Say why the table is empty, and what to do."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Read the list; after a visit elsewhere, from the page one stood at."""
        self.again()

    def again(self) -> None:
        """Read the list again and stand where one stood."""
        if self._asked.find:
            self._all.clear()  # how many there are without the filter may have changed
        table = self.table
        way = table.window.way_to(table.place) if table.window else START
        self.call(self._load(way, stay=True), group="list")

    async def _load(self, way: Way = START, *, stay: bool = False) -> None:
        self._joining = None
        asked, table = self._asked, self.table
        cursor, end = way
        page = await self.read(asked, cursor, end)
        if page.total and not page.rows:  # all of this page are gone: the last one that is left
            way = (None, True)
            page = await self.read(asked, end=True)
        current, window = table.current, Window(page, way)
        place = table.place if stay else window.end - 1 if end else 0
        if stay and current and (found := window.place_of(current)) is not None:
            place = found
        table.show(window, asked, place, self.nobody_words(asked))
        if not asked.find:
            self._all[asked.view] = page.total
        elif asked.view not in self._all:
            self._all[asked.view] = (await self.read(replace(asked, find=""))).total
        self._tell_found(asked, page)

    def _tell_found(self, asked: ListQuery, page: Page[RowT]) -> None:
        every = self._all[asked.view]
        found = f"{page.total:,} or more" if page.more else f"{page.total:,}"
        words = f"{found} of {every:,} found" if asked.find else f"{found} records found"
        self.query_one("#found", Static).update(words)

    def ask(self, asked: ListQuery) -> None:
        """Ask for another part of the list, from its start."""
        self._asked = asked
        self.call(self._load(), group="list")

    @on(Input.Changed, "#filter")
    def _find(self, event: Input.Changed) -> None:
        find = event.value.strip()
        if find != self._asked.find:
            self.ask(replace(self._asked, find=find))

    @on(Input.Submitted, "#filter")
    def _found(self) -> None:
        self.table.focus()

    @on(Select.Changed, "#view")
    def _view(self, event: Select.Changed) -> None:
        view = str(event.value)
        if view != self._asked.view:
            self.ask(replace(self._asked, view=view))

    @on(RowTable.Sorted)
    def _sort_by(self, event: RowTable.Sorted) -> None:
        again = event.sort == self._asked.sort
        descending = again and not self._asked.descending
        self.ask(replace(self._asked, sort=event.sort, descending=descending))

    def action_sort(self) -> None:
        """Sort by the next column; each is passed upwards, then downwards."""
        if not self._asked.descending:
            self.ask(replace(self._asked, descending=True))
            return
        columns = list(self.table.HEADINGS)
        after = columns[(columns.index(self._asked.sort) + 1) % len(columns)]
        self.ask(replace(self._asked, sort=after, descending=False))

    @on(RowTable.Wanted)
    def _grow(self, event: RowTable.Wanted) -> None:
        # Not for a page that is on its way, nor for one of a list that is being replaced.
        if event.cursor != self._joining and self.table.asked == self._asked:
            self._joining = event.cursor
            self.call(self._join(event.cursor), group="list")

    async def _join(self, cursor: str) -> None:
        window = self.table.window
        try:
            page = await self.read(self._asked, cursor)
        finally:
            self._joining = None
        if window is not None and window is self.table.window:
            self.table.join(page, cursor)

    @on(RowTable.Jumped)
    def _jump(self, event: RowTable.Jumped) -> None:
        self.call(self._load((None, event.end)), group="list")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave what can be typed to the filter while it is typed into."""
        typing = self.is_mounted and self.query_one("#filter").has_focus
        return not (typing and action in {"filter", "add"})

    def action_filter(self) -> None:
        """Go to the filter."""
        self.set_focus(self.query_one("#filter"))

    def action_back(self) -> None:
        """From the filter to the table, from there to the place before."""
        if self.query_one("#filter").has_focus:
            self.table.focus()
        else:
            super().action_back()
