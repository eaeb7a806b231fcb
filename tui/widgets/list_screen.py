"""Base class of screens with one long list: a filter above a paged table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input, Select, Static

from tui.core.commands import command
from tui.widgets.screen import PortalScreen
from tui.widgets.table import RowTable
from tui.widgets.window import FIRST_PAGE, Page, PageRequest, RowT, Window

if TYPE_CHECKING:
    from shared.lists import TableQuery

QueryT = TypeVar("QueryT", bound="TableQuery")


class ListScreen(PortalScreen, Generic[RowT, QueryT]):
    """A list that is filtered while typing, sorted, and loaded in pages.

    A subclass lays out `#filter`, `#view`, `#found` and its table, and defines `fetch_page`,
    `empty_message` and the `open` action.
    """

    HAS_FILTER = True
    BINDINGS: ClassVar[list[BindingType]] = [
        command("list.open", "enter", "open", "open", "Open the current row."),
        command("list.filter", "slash", "filter", "filter", "Find by name.", priority=True),
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

    async def fetch_page(self, query: QueryT) -> Page[RowT]:
        """Fetch a page."""
        raise NotImplementedError

    def empty_message(self, query: QueryT) -> str:
        """Return the message for an empty table: why it is empty and what to do."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Reload the list at the last page shown."""
        self.reload()

    def reload(self) -> None:
        """Reload the list and keep the current row."""
        if self._query.find:
            self._totals.clear()  # the unfiltered totals may have changed
        table = self.table
        request = table.window.request_for(table.index) if table.window else FIRST_PAGE
        self.call(self._load(request, keep_row=True), group="list")

    async def _load(self, request: PageRequest = FIRST_PAGE, *, keep_row: bool = False) -> None:
        self._loading_cursor = None
        query, table = self._query, self.table
        cursor, end = request
        page = await self.fetch_page(query.model_copy(update={"cursor": cursor, "end": end}))
        if page.total and not page.rows:  # the rows have been removed, so read the last page
            request = (None, True)
            page = await self.fetch_page(query.model_copy(update={"end": True}))
        current, window = table.current, Window(page, request)
        index = table.index if keep_row else window.end - 1 if end else 0
        row_index = window.index_of(current) if keep_row and current else None
        if row_index is not None:
            index = row_index
        table.show(window, query, index, self.portal.with_keys(self.empty_message(query)))
        if not query.find:
            self._totals[query.view] = page.total
        elif query.view not in self._totals:
            unfiltered = await self.fetch_page(query.model_copy(update={"find": ""}))
            self._totals[query.view] = unfiltered.total
        self._show_count(query, page)

    def _show_count(self, query: QueryT, page: Page[RowT]) -> None:
        total = self._totals[query.view]
        count = f"{page.total:,} or more" if page.more else f"{page.total:,}"
        records = "record" if count == "1" else "records"
        text = f"{count} of {total:,} found" if query.find else f"{count} {records} found"
        self.query_one("#found", Static).update(text)

    def _update_query(self, **changes: object) -> None:
        """Change the query and reload the list from its start."""
        self._query = self._query.model_copy(update=changes)
        self.call(self._load(), group="list")

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        find = event.value.strip()
        if find != self._query.find:
            self._update_query(find=find)

    @on(Input.Submitted, "#filter")
    def _leave_filter(self) -> None:
        self.table.focus()

    @on(Select.Changed, "#view")
    def _view_changed(self, event: Select.Changed) -> None:
        if event.value != self._query.view:
            self._update_query(view=event.value)

    @on(RowTable.Sorted)
    def _sort_by(self, event: RowTable.Sorted) -> None:
        same_column = event.sort == self._query.sort
        descending = same_column and not self._query.descending
        self._update_query(sort=event.sort, descending=descending)

    def action_sort(self) -> None:
        """Cycle through the sort orders: each column ascending, then descending."""
        if not self._query.descending:
            self._update_query(descending=True)
            return
        columns = list(self.table.HEADINGS)
        next_column = columns[(columns.index(self._query.sort) + 1) % len(columns)]
        self._update_query(sort=next_column, descending=False)

    @on(RowTable.PageNeeded)
    def _load_more(self, event: RowTable.PageNeeded) -> None:
        # The page may be loading already, or belong to a list that is being replaced.
        if event.cursor != self._loading_cursor and self.table.list_query == self._query:
            self._loading_cursor = event.cursor
            self.call(self._load_page(event.cursor), group="list")

    async def _load_page(self, cursor: str) -> None:
        window = self.table.window
        try:
            page = await self.fetch_page(self._query.model_copy(update={"cursor": cursor}))
        finally:
            self._loading_cursor = None
        if window is not None and window is self.table.window:
            self.table.add_page(page, cursor)

    @on(RowTable.Jumped)
    def _jump(self, event: RowTable.Jumped) -> None:
        self.call(self._load((None, event.end)), group="list")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable single-character keys while the filter is focused."""
        is_typing = self.is_mounted and self.query_one("#filter").has_focus
        return not (is_typing and action in {"filter", "add"})

    def action_filter(self) -> None:
        """Focus the filter, with its text selected, so that what is typed replaces it."""
        box = self.query_one("#filter", Input)
        self.set_focus(box)
        box.call_later(box.action_select_all)  # after the cursor was put at the end

    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        if self.query_one("#filter").has_focus:
            self.table.focus()
        else:
            super().action_back()
