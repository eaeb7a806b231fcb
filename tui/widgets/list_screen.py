"""A screen of one long list: a filter above a table, of which a few pages are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input, Select, Static

from tui.core.commands import command
from tui.widgets.screen import PortalScreen
from tui.widgets.table import RowTable
from tui.widgets.window import START, Page, RowT, Way, Window

if TYPE_CHECKING:
    from shared.lists import TableQuery

QueryT = TypeVar("QueryT", bound="TableQuery")


class ListScreen(PortalScreen, Generic[RowT, QueryT]):
    """Filters as one types, sorts, and loads pages as they are wanted.

    A subclass lays out `#filter`, `#view`, `#found` and its table; it tells how to `read` a page,
    what the `nobody_words` are, and what `open` opens.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        command("list.open", "enter", "open", "open", "Open the current row."),
        command("list.filter", "slash", "filter", "filter", "Find by name.", first=True),
        command("list.sort", "s", "sort", "sort", "Sort by the next column."),
    ]

    def __init__(self, query: QueryT) -> None:
        super().__init__()
        self._query = query
        self._all: dict[str, int] = {}
        self._joining: str | None = None

    @property
    def table(self) -> RowTable[RowT]:
        """The table of the list."""
        raise NotImplementedError

    async def read(self, query: QueryT) -> Page[RowT]:
        """Read a page."""
        raise NotImplementedError

    def nobody_words(self, query: QueryT) -> str:
        """Say why the table is empty, and what to do."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Read the list; after a visit elsewhere, from the page one stood at."""
        self.again()

    def again(self) -> None:
        """Read the list again and stand where one stood."""
        if self._query.find:
            self._all.clear()  # how many there are without the filter may have changed
        table = self.table
        way = table.window.way_to(table.place) if table.window else START
        self.call(self._load(way, stay=True), group="list")

    async def _load(self, way: Way = START, *, stay: bool = False) -> None:
        self._joining = None
        query, table = self._query, self.table
        cursor, end = way
        page = await self.read(query.model_copy(update={"cursor": cursor, "end": end}))
        if page.total and not page.rows:  # all of this page are gone: the last one that is left
            way = (None, True)
            page = await self.read(query.model_copy(update={"end": True}))
        current, window = table.current, Window(page, way)
        place = table.place if stay else window.end - 1 if end else 0
        if stay and current and (found := window.place_of(current)) is not None:
            place = found
        table.show(window, query, place, self.nobody_words(query))
        if not query.find:
            self._all[query.view] = page.total
        elif query.view not in self._all:
            self._all[query.view] = (await self.read(query.model_copy(update={"find": ""}))).total
        self._tell_found(query, page)

    def _tell_found(self, query: QueryT, page: Page[RowT]) -> None:
        every = self._all[query.view]
        found = f"{page.total:,} or more" if page.more else f"{page.total:,}"
        words = f"{found} of {every:,} found" if query.find else f"{found} records found"
        self.query_one("#found", Static).update(words)

    def _change(self, **changes: object) -> None:
        """Read another part of the list, from its start."""
        self._query = self._query.model_copy(update=changes)
        self.call(self._load(), group="list")

    @on(Input.Changed, "#filter")
    def _find(self, event: Input.Changed) -> None:
        find = event.value.strip()
        if find != self._query.find:
            self._change(find=find)

    @on(Input.Submitted, "#filter")
    def _found(self) -> None:
        self.table.focus()

    @on(Select.Changed, "#view")
    def _view(self, event: Select.Changed) -> None:
        if event.value != self._query.view:
            self._change(view=event.value)

    @on(RowTable.Sorted)
    def _sort_by(self, event: RowTable.Sorted) -> None:
        again = event.sort == self._query.sort
        descending = again and not self._query.descending
        self._change(sort=event.sort, descending=descending)

    def action_sort(self) -> None:
        """Sort by the next column; each is passed upwards, then downwards."""
        if not self._query.descending:
            self._change(descending=True)
            return
        columns = list(self.table.HEADINGS)
        after = columns[(columns.index(self._query.sort) + 1) % len(columns)]
        self._change(sort=after, descending=False)

    @on(RowTable.Wanted)
    def _grow(self, event: RowTable.Wanted) -> None:
        # Not for a page that is on its way, nor for one of a list that is being replaced.
        if event.cursor != self._joining and self.table.list_query == self._query:
            self._joining = event.cursor
            self.call(self._join(event.cursor), group="list")

    async def _join(self, cursor: str) -> None:
        window = self.table.window
        try:
            page = await self.read(self._query.model_copy(update={"cursor": cursor}))
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
