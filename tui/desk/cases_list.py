"""The Cases screen: a table of all cases."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Select, Static

from shared.cases.states import STAGE_LABELS
from shared.desk import DUE_SOON_DAYS, CaseQuery, CaseRow, DeskSort, DeskView
from shared.places import Place, PlaceKind
from shared.values.days import format_day
from tui.core.commands import command
from tui.desk import api
from tui.widgets.focus_marker import MARK
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.list_screen import ListScreen
from tui.widgets.states import coloured_cell
from tui.widgets.table import Column, RowTable, fit_columns, fit_name, highlight_matches
from tui.widgets.window import Page

VIEWS = {
    DeskView.ALL: "All open",
    DeskView.MINE: "Mine",
    DeskView.DUE: f"Due in {DUE_SOON_DAYS} days",
    DeskView.OVERDUE: "Overdue",
    DeskView.NEW: "New children",
    DeskView.CLOSED: "Closed",
}
EMPTY_MESSAGES = {
    DeskView.ALL: "There is no open case. Press p to enter a request that came on paper.",
    DeskView.MINE: "No case is yours. Open one and choose 'Take the case on'.",
    DeskView.DUE: f"Nothing is due in the next {DUE_SOON_DAYS} days.",
    DeskView.OVERDUE: "Nothing is late.",
    DeskView.NEW: "No new child waits to be matched.",
    DeskView.CLOSED: "No case is closed.",
}
NEW_CHILD = "! new child"
NO_OFFICER = "nobody yet"
STAGE_WIDTH = max(len(label) for label in STAGE_LABELS.values())
DUE_WIDTH = len("28/02/2026 · 123 days left")
COLUMNS = (
    Column(22, 40, 0),
    Column(STAGE_WIDTH - 1, STAGE_WIDTH, 2),
    Column(DUE_WIDTH, 56, 1),
    Column(len(NEW_CHILD), 24, 3),
)
NARROW_WIDTH = 70
DAYS_ONLY = Column(len("13479 days left"), 56, 1)
"""The deadline column on narrow terminals, without dates."""


class CaseTable(RowTable[CaseRow]):
    """The table of cases; wide terminals also show the names of deadlines."""

    HEADINGS = {
        DeskSort.NAME: "Name",
        DeskSort.STAGE: "Stage",
        DeskSort.DUE: "Next deadline",
        DeskSort.OFFICER: "Who has it",
    }
    help_text = (
        "Up, Down, PgUp and PgDn move; Home and End go to the first and the last. {list.open} "
        "opens the "
        f"case. '{NEW_CHILD}' stands where a professional added a child whom nobody has matched."
    )

    def __init__(self) -> None:
        super().__init__(CaseQuery(), id="cases")

    def widths(self) -> tuple[int, ...]:
        """Return the column widths; names get space first, then deadlines, then stages."""
        columns = list(COLUMNS)
        if self.size.width < NARROW_WIDTH:
            columns[2] = DAYS_ONLY
        return fit_columns(self.size.width - len(MARK), columns)

    def cells(self, row: CaseRow) -> list[Text]:
        """Return the cells of a case, with filter matches highlighted."""
        name = highlight_matches(fit_name(row.name, self.widths()[0]), self.list_query.find)
        due_cell = coloured_cell(due_text(row, self.widths()[2]))
        return [name, Text(STAGE_LABELS[row.stage]), due_cell, coloured_cell(officer_text(row))]


def due_text(row: CaseRow, width: int) -> str:
    """Format the next deadline of a case, with its name or date if that fits."""
    if row.next_due is None:
        return "nothing is due"
    name, _, days_left = row.next_words.rpartition(" · ")
    day = format_day(row.next_due)
    if row.excused:
        texts = [f"{name} · {days_left}, excused", f"{day} · excused", "excused"]
    else:
        texts = [f"{name} · {days_left}", f"{day} · {days_left}", days_left]
    return next((text for text in texts if len(text) <= width), texts[-1])


def officer_text(row: CaseRow) -> str:
    """Return the officer of a case, marked if the child is new."""
    if row.new:
        return f"{NEW_CHILD}, {row.officer}" if row.officer else NEW_CHILD
    return row.officer or NO_OFFICER


class Cases(ListScreen[CaseRow, CaseQuery]):
    """All cases of the authority, loaded page by page."""

    CSS_PATH = "cases_list.tcss"
    LOCATION = "Cases"
    HELP_TEXT = (
        "Every case of the authority with what is due next. Type into the filter how words begin, "
        "of the child's name, birth, address or school; the view shows only what is yours, due, "
        "late, new or closed."
    )
    AUTO_FOCUS = "CaseTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("cases.paper", "p", "paper", "paper", "Enter a request that came on paper."),
        command("cases.memberships", "m", "memberships", "memberships", "Confirm who works where."),
        command("cases.week", "w", "week", "my week", "Open my diary of the week."),
        command("cases.staff", "t", "staff", "staff", "Manage the staff accounts."),
    ]

    def __init__(self) -> None:
        super().__init__(CaseQuery())

    def body(self) -> ComposeResult:
        """Lay out the filter above the table."""
        with Horizontal(id="filter-line"):
            yield Static(self.portal.with_keys("{list.filter}"), classes="label")
            yield LineInput(
                placeholder="Name of the child", id="filter", compact=True, max_length=200
            )
            yield Static("View:", classes="label")
            yield Select(
                [(label, view) for view, label in VIEWS.items()],
                value=DeskView.ALL,
                allow_blank=False,
                compact=True,
                id="view",
            )
            yield Static("", id="found", markup=False)
        yield CaseTable()
        with Horizontal(classes="actions"):
            yield Link("Enter a paper request", id="paper")
            yield Link("Memberships", id="memberships")
            yield Link("My week", place=Place(PlaceKind.DIARY), id="week")
            if self._may_manage_staff:
                yield Link("Staff", id="staff")
            yield Link("Back", id="back")

    @property
    def table(self) -> RowTable[CaseRow]:
        """The table of cases."""
        return self.query_one(CaseTable)

    async def fetch_page(self, query: CaseQuery) -> Page[CaseRow]:
        """Load a page of cases."""
        return await api.list_cases(self.portal.client, query)

    def empty_message(self, query: CaseQuery) -> str:
        """Explain why the table is empty, and what to do."""
        if query.find:
            return (
                f"No case is found by “{query.find}”. Press {{list.filter}} to change the filter."
            )
        return EMPTY_MESSAGES[DeskView(query.view)]

    def action_open(self) -> None:
        """Open the current case."""
        if row := self.table.current:
            self.portal.navigation.open_place(PlaceKind.CASE.of(row.id))

    @on(Link.Chosen, "#paper")
    def action_paper(self) -> None:
        """Enter a request that came on paper or by phone."""
        self.portal.navigation.open_place(Place(PlaceKind.NEW_REQUEST))

    def action_week(self) -> None:
        """Open the officer's diary of the week."""
        self.portal.navigation.open_place(Place(PlaceKind.DIARY))

    @on(Link.Chosen, "#memberships")
    def action_memberships(self) -> None:
        """Open the memberships of organisations to be confirmed."""
        self.portal.navigation.open_place(Place(PlaceKind.MEMBERSHIPS))

    @property
    def _may_manage_staff(self) -> bool:
        account = self.portal.session.account
        return account is not None and account.may_manage_staff

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the command for staff accounts with the right to manage them."""
        if action == "staff":
            return self._may_manage_staff
        return super().check_action(action, parameters)

    @on(Link.Chosen, "#staff")
    def action_staff(self) -> None:
        """Open the staff accounts."""
        self.portal.navigation.open_place(Place(PlaceKind.STAFF))

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        super().action_back()
