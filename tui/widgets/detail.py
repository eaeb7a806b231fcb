"""The detail of a list's current row, in a second column beside the list on wide terminals."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Generic, TypeVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from tui.core.errors import PortalError, is_signed_out
from tui.widgets.calls import REST_DELAY
from tui.widgets.screen import PortalScreen
from tui.widgets.states import coloured_cell
from tui.widgets.table import RowTable

ItemT = TypeVar("ItemT")

TWO_COLUMNS_WIDTH = 100
"""Width of the terminal from which a list has the detail beside it."""
LIST_WIDTH = 80
"""Width that the list has as soon as the detail has its own, as if it had a usual terminal."""
MIN_WIDTH, FIELDS_WIDTH, TEXT_WIDTH = 38, 40, 72
"""The least width of a detail, and the greatest: of one with fields, and of one with a text."""
COLUMN_BREAKPOINTS = [
    (0, "-narrow"),
    (LIST_WIDTH, "-wide"),
    (TWO_COLUMNS_WIDTH, "-narrow"),
    (LIST_WIDTH + MIN_WIDTH, "-wide"),
]
"""Classes of a screen by the width of its list, so that the list looks as in such a terminal."""


def detail_width(width: int, max_width: int = TEXT_WIDTH) -> int:
    """Return the width of the detail in a terminal of a width, or 0 if it is not shown."""
    if width < TWO_COLUMNS_WIDTH:
        return 0
    return min(max_width, max(MIN_WIDTH, width - LIST_WIDTH))


def list_width(width: int) -> int:
    """Return what a detail with a text leaves of the width of a terminal."""
    return width - detail_width(width)


def build_detail(
    title: str, hint: str = "", *, fields: Iterable[tuple[str, str]] = (), text: str = ""
) -> Group:
    """Return a detail: a title with a hint below it, fields with their labels, and a text.

    Fields without a value are left out; states in the others have their colours.
    """
    parts: list[RenderableType] = [Text(title, "bold")]
    if hint:
        parts.append(Text(hint, "hint"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in fields:
        if value:
            table.add_row(Text(label, "hint"), coloured_cell(value))
    if table.row_count:
        parts += [Text(""), table]
    if text:
        parts += [Text(""), Text(text)]
    return Group(*parts)


class Detail(VerticalScroll):
    """The column at the right of a list; it has the focus only while it can be scrolled."""

    DEFAULT_CSS = """
    Detail { dock: right; height: 100%; margin: 0 0 0 1; padding: 0 1; }
    Detail { border-left: solid $hint; }
    Detail:focus { border-left: outer $act; }
    Detail Static { height: auto; }
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.set_width(width)
        self._content = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the content."""
        yield self._content

    def set_width(self, width: int) -> None:
        """Take a width, with the margin."""
        self.styles.width = width - 1

    def show(self, content: RenderableType) -> None:
        """Show another content from its start."""
        self._content.update(content)
        self.scroll_home(animate=False)

    def allow_focus(self) -> bool:
        """Whether there is more than is in view."""
        return self.max_scroll_y > 0

    @property
    def _focus_sort_key(self) -> tuple[int, int]:
        # Textual sorts by position, and the detail is higher than the list that it follows.
        assert self.parent is not None  # noqa: S101 - a sorted widget is mounted
        siblings = self.parent.children
        y, x = siblings[siblings.index(self) - 1]._focus_sort_key
        return y, x + 1


class DetailScreen(PortalScreen, Generic[ItemT]):
    """A list whose current row has its detail beside it, where the terminal is wide enough.

    The detail follows once the cursor rests, so that moving through the list sends nothing. A
    subclass yields `detail_column` after its list, which is its `AUTO_FOCUS`, and defines
    `detail_of` and `read_detail`.
    """

    MAX_DETAIL_WIDTH: ClassVar[int] = TEXT_WIDTH
    _detail: Detail | None = None
    _shown: ItemT | None = None
    _reading: ItemT | None = None
    _has_read = False
    _rest_timer: Timer | None = None

    @property
    def detail_of(self) -> ItemT | None:
        """What the detail is of: the current row, or what identifies it."""
        raise NotImplementedError

    async def read_detail(self, item: ItemT) -> RenderableType:
        """Return the detail of a row, which must not change anything."""
        raise NotImplementedError

    def leaves_room(self, width: int) -> bool:
        """Whether a detail of this width leaves enough room for the list."""
        return True

    @property
    def _detail_width(self) -> int:
        width = detail_width(self.app.size.width, self.MAX_DETAIL_WIDTH)
        return width if self.leaves_room(width) else 0

    def detail_column(self) -> ComposeResult:
        """Lay out the detail if the terminal is wide enough."""
        if width := self._detail_width:
            self._detail = Detail(width)
            yield self._detail

    def on_resize(self) -> None:
        """Fit the detail to the terminal."""
        self.fit_detail()

    def fit_detail(self) -> None:
        """Add or remove the detail, and give it its width."""
        width, detail = self._detail_width, self._detail
        if detail is None and width:
            self._detail, self._has_read = Detail(width), False
            self.query_one("#body").mount(self._detail, after=self.AUTO_FOCUS)
            self.follow_cursor()
        elif detail is not None and width:
            detail.set_width(width)
        elif detail is not None:
            if detail.has_focus:
                self.query_one(self.AUTO_FOCUS or "").focus()
            detail.remove()
            self._detail = self._shown = None

    def on_screen_resume(self) -> None:
        """Show the detail of the row that became current meanwhile."""
        self.follow_cursor()

    @on(RowTable.Moved)
    def follow_cursor(self) -> None:
        """Show the detail of the current row once the cursor rests; the first one at once."""
        if self._rest_timer is not None:
            self._rest_timer.stop()
        item = self.detail_of
        if self._detail is None or (item is not None and item in (self._shown, self._reading)):
            return
        if item is None:
            self._show_detail(None, "")
        elif self._has_read:
            self._rest_timer = self.set_timer(REST_DELAY, self._start_reading)
        else:
            self._start_reading()

    def _start_reading(self) -> None:
        item = self.detail_of
        if item is not None and self.is_on_top:
            self._has_read, self._reading = True, item
            on_error = partial(self._show_problem, item)
            self.call(self._read(item), group="detail", on_error=on_error)

    async def _read(self, item: ItemT) -> None:
        try:
            content = await self.read_detail(item)
        finally:
            if self._reading == item:
                self._reading = None
        if item == self.detail_of:
            self._show_detail(item, content)

    def _show_problem(self, item: ItemT, error: PortalError) -> None:
        if is_signed_out(error):
            self.portal.show_error(error)
        elif item == self.detail_of:
            self._show_detail(None, coloured_cell(f"✗ {error}"))

    def _show_detail(self, item: ItemT | None, content: RenderableType) -> None:
        if self._detail is not None:
            self._shown = item
            self._detail.show(content)
