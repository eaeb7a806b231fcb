"""A screen with one long list: a filter above a table that loads pages as needed."""

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
    """A list that filters as you type, sorts, and loads pages as needed.

    A subclass lays out `#filter`, `#view`, `#found` and its table, and defines how to `read` a
    page, the `empty_message`, and the `open` action.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        command("list.open", "enter", "open", "open", "Open the current row."),
        command("list.filter", "slash", "filter", "filter", "Find by name.", first=True),
        command("list.sort", "s", "sort", "sort", "Sort by the next column."),
    ]

    def __init__(self, query: QueryT) -> None:
        super().__init__()
        self._query = query
        self._totals: dict[str, int] = {}
        self._loading_cursor: str | None = None

    @property
    def table(self) -> RowTable[RowT]:
        """The table of the list."""
        raise NotImplementedError

    async def read(self, query: QueryT) -> Page[RowT]:
        """Read a page."""
        raise NotImplementedError

    def empty_message(self, query: QueryT) -> str:
        """Explain why the table is empty, and what to do."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Read the list, at the page last shown."""
        self.again()

    def again(self) -> None:
        """Read the list again and keep the current row."""
        if self._query.find:
            self._totals.clear()  # the unfiltered totals may have changed
        table = self.table
        way = table.window.way_to(table.place) if table.window else START
        self.call(self._load(way, stay=True), group="list")

    async def _load(self, way: Way = START, *, stay: bool = False) -> None:
        self._loading_cursor = None
        query, table = self._query, self.table
        cursor, end = way
        page = await self.read(query.model_copy(update={"cursor": cursor, "end": end}))
        if page.total and not page.rows:  # every row of the page is gone: read the last page
            way = (None, True)
            page = await self.read(query.model_copy(update={"end": True}))
        current, window = table.current, Window(page, way)
        place = table.place if stay else window.end - 1 if end else 0
        same = window.place_of(current) if stay and current else None
        if same is not None:
            place = same
        table.show(window, query, place, self.empty_message(query))
        if not query.find:
            self._totals[query.view] = page.total
        elif query.view not in self._totals:
            unfiltered = await self.read(query.model_copy(update={"find": ""}))
            self._totals[query.view] = unfiltered.total
        self._show_count(query, page)

    def _show_count(self, query: QueryT, page: Page[RowT]) -> None:
        total = self._totals[query.view]
        count = f"{page.total:,} or more" if page.more else f"{page.total:,}"
        words = f"{count} of {total:,} found" if query.find else f"{count} records found"
        self.query_one("#found", Static).update(words)

    def _change(self, **changes: object) -> None:
        """Change the query and read the list from its start."""
        self._query = self._query.model_copy(update=changes)
        self.call(self._load(), group="list")

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        find = event.value.strip()
        if find != self._query.find:
            self._change(find=find)

    @on(Input.Submitted, "#filter")
    def _leave_filter(self) -> None:
        self.table.focus()

    @on(Select.Changed, "#view")
    def _view_changed(self, event: Select.Changed) -> None:
        if event.value != self._query.view:
            self._change(view=event.value)

    @on(RowTable.Sorted)
    def _sort_by(self, event: RowTable.Sorted) -> None:
        same = event.sort == self._query.sort
        descending = same and not self._query.descending
        self._change(sort=event.sort, descending=descending)

    def action_sort(self) -> None:
        """Sort by the next column, each ascending first, then descending."""
        if not self._query.descending:
            self._change(descending=True)
            return
        columns = list(self.table.HEADINGS)
        after = columns[(columns.index(self._query.sort) + 1) % len(columns)]
        self._change(sort=after, descending=False)

    @on(RowTable.PageNeeded)
    def _load_more(self, event: RowTable.PageNeeded) -> None:
        # The page may be loading already, or belong to a list that is being replaced.
        if event.cursor != self._loading_cursor and self.table.list_query == self._query:
            self._loading_cursor = event.cursor
            self.call(self._join(event.cursor), group="list")

    async def _join(self, cursor: str) -> None:
        window = self.table.window
        try:
            page = await self.read(self._query.model_copy(update={"cursor": cursor}))
        finally:
            self._loading_cursor = None
        if window is not None and window is self.table.window:
            self.table.join(page, cursor)

    @on(RowTable.Jumped)
    def _jump(self, event: RowTable.Jumped) -> None:
        self.call(self._load((None, event.end)), group="list")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys that are text while the filter has the focus."""
        typing = self.is_mounted and self.query_one("#filter").has_focus
        return not (typing and action in {"filter", "add"})

    def action_filter(self) -> None:
        """Focus the filter."""
        self.set_focus(self.query_one("#filter"))

    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        if self.query_one("#filter").has_focus:
            self.table.focus()
        else:
            super().action_back()
