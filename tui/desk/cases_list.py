"""The Cases screen: a table of all cases."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

from rich.console import RenderableType
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input, Select, Static

from shared.caselist import (
    DUE_SOON_DAYS,
    NOBODY,
    NOBODY_YET,
    TRANSFER_COLUMNS,
    USUAL_COLUMNS,
    CaseQuery,
    CaseRow,
    DeskColumn,
    DeskView,
    ViewIn,
    ViewOut,
)
from shared.cases.states import STAGE_LABELS, Stage
from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.desk import api
from tui.desk.case_table import CaseTable, case_detail
from tui.desk.pick import run_questions
from tui.desk.several import do_several
from tui.desk.transfers import ChooseTransfers, cohort_text
from tui.desk.views import SaveView
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.detail import COLUMN_BREAKPOINTS, FIELDS_WIDTH, DetailScreen
from tui.widgets.filter_line import create_filter_line
from tui.widgets.header import Link
from tui.widgets.list_screen import ListScreen
from tui.widgets.table import RowTable
from tui.widgets.window import Page

VIEWS = {
    DeskView.ALL: "All open",
    DeskView.MINE: "Mine",
    DeskView.DUE: "Late or due soon",
    DeskView.OVERDUE: "Overdue",
    DeskView.FORECAST: "Expected late",
    DeskView.NEW: "New children",
    DeskView.TRANSFERS: "Phase transfers",
    DeskView.CLOSED: "Closed",
}
EMPTY_MESSAGES = {
    DeskView.ALL: "There is no open case. Press p to enter a request that came on paper.",
    DeskView.MINE: "No case is yours. Open one and choose 'Take the case on'.",
    DeskView.DUE: f"Nothing is late or due in the next {DUE_SOON_DAYS} days.",
    DeskView.OVERDUE: "Nothing is late.",
    DeskView.FORECAST: "No final plan is expected after its deadline.",
    DeskView.NEW: "No new child waits to be matched.",
    DeskView.TRANSFERS: "No phase transfer. Press {cases.transfers} for another year or kind.",
    DeskView.CLOSED: "No case is closed.",
}
COLUMNS = {
    DeskView.FORECAST: (
        *(DeskColumn.NAME, DeskColumn.DUE),
        *(DeskColumn.EXPECTED, DeskColumn.OFFICER),
    ),
    DeskView.TRANSFERS: TRANSFER_COLUMNS,
}
"""The columns of views that show others than the usual ones."""
NARROWING = ("stage", "officer", "transfer_year", "transfer_kind", "then")
"""What narrows or orders a view of an officer's own, and none of the fixed ones."""
PLACES = {
    "paper": Place(PlaceKind.NEW_REQUEST),
    "memberships": Place(PlaceKind.MEMBERSHIPS),
    "officers": Place(PlaceKind.OFFICERS),
    "week": Place(PlaceKind.DIARY),
    "figures": Place(PlaceKind.FIGURES),
    "staff": Place(PlaceKind.STAFF),
}
NOTHING_MARKED = "Mark cases with {cases.mark} first, or all of the view with {cases.mark-all}."


def usual_columns(view: str) -> Sequence[DeskColumn]:
    """Return the columns of a view that is no officer's own."""
    return COLUMNS.get(DeskView(view), USUAL_COLUMNS)


def parse_target(target: str) -> tuple[CaseQuery, str]:
    """Return the query of a list of cases by its target, and what is listed if no view says so.

    The target is a view, `stage-` with a stage, or `officer-` with an id or `nobody`; of others all
    are listed.
    """
    kind, _, value = target.partition("-")
    with suppress(ValueError):
        match kind:
            case "stage":
                return CaseQuery(stage=Stage(value)), STAGE_LABELS[Stage(value)]
            case "officer":
                if value == NOBODY:
                    return CaseQuery(officer=NOBODY), NOBODY_YET
                return CaseQuery(officer=UUID(value)), "One officer"
        return CaseQuery(view=DeskView(target)), ""
    return CaseQuery(), ""


class Cases(CsvScreen, DetailScreen[CaseRow], ListScreen[CaseRow, CaseQuery]):
    """All cases of the authority, loaded page by page."""

    CSS_PATH = "cases_list.tcss"
    LOCATION = "Cases"
    HELP_TEXT = (
        "Every case of the authority with what is due next: a deadline, or advice that was asked "
        "for. Type into the filter how words begin, of the child's name, birth, address or school; "
        f"the view shows only what is yours, late, due within {DUE_SOON_DAYS} days, new or closed, "
        "or whose final plan is expected after its deadline by the figures. A wide window "
        "shows more of the current case beside the list."
    )
    AUTO_FOCUS = "CaseTable"
    HORIZONTAL_BREAKPOINTS = COLUMN_BREAKPOINTS
    MAX_DETAIL_WIDTH = FIELDS_WIDTH
    BINDINGS: ClassVar[list[BindingType]] = [
        command("cases.paper", "p", "go('paper')", "paper", "Enter a request that came on paper."),
        command("cases.mark", "space", "mark", "mark", "Mark the case, to do several at once."),
        command("cases.mark-all", "a", "mark_all", "mark all", "Mark all of the view, or none."),
        command("cases.several", "d", "several", "do with marked", "Do it with all marked cases."),
        command("cases.view", "v", "save_view", "save view", "Save or change a view of yours."),
        command("cases.transfers", "f", "transfers", "transfers", "Choose the phase transfers."),
        command(
            "cases.memberships", "m", "go('memberships')", "memberships", "Confirm who works where."
        ),
        command(
            "cases.officers", "o", "go('officers')", "officers", "See who has what, and cover."
        ),
        command("cases.week", "w", "go('week')", "my week", "Open my diary of the week."),
        command("cases.staff", "t", "go('staff')", "staff", "Manage the staff accounts."),
    ]

    def __init__(self, of: str = "") -> None:
        query, self._of = parse_target(of)
        super().__init__(query)
        self._views: dict[str, ViewOut] = {}
        """The officer's own views, by id."""
        self._own_view: ViewOut | None = None

    def on_mount(self) -> None:
        """Add the officer's own views to the fixed ones."""
        self.query_one(CaseTable).columns = usual_columns(self._query.view)
        if self._of:
            self.set_location(f"{self.LOCATION} › {self._of}")
        self.call(self._load_views(), group="views")

    async def _load_views(self, show: str = "") -> None:
        views = await api.list_views(self.portal.client)
        self._views = {str(view.id): view for view in views}
        options = [(label, str(view)) for view, label in VIEWS.items()]
        options += [(view.name, str(view.id)) for view in views]
        select = self.query_one("#view", Select)
        value = show or select.value
        with self.prevent(Select.Changed):
            select.set_options(options)
            select.value = value
        if show:
            self._update_query(view=show)

    def body(self) -> ComposeResult:
        """Lay out the filter above the table."""
        views = {str(view): label for view, label in VIEWS.items()}
        label = self.portal.with_keys("{list.filter}")
        yield create_filter_line(label, "Name, school or address", views, str(self._query.view))
        yield Static("", id="cohort", markup=False)
        yield CaseTable()
        yield from self.detail_column()
        with Container(id="links"):  # two lines on narrow terminals
            with Horizontal(classes="actions"):
                yield Link("Paper request", place=PLACES["paper"], id="paper")
                yield Link("Memberships", place=PLACES["memberships"], id="memberships")
                yield Link("Officers", place=PLACES["officers"], id="officers")
            with Horizontal(classes="actions"):
                yield Link("My week", place=PLACES["week"], id="week")
                yield Link("Figures", place=PLACES["figures"], id="figures")
                if self._may_manage_staff:
                    yield Link("Staff", place=PLACES["staff"], id="staff")
                yield Link("Back", id="back")
                yield Static("", id="marked", markup=False)

    @property
    def table(self) -> RowTable[CaseRow]:
        """The table of cases."""
        return self.query_one(CaseTable)

    @property
    def detail_of(self) -> CaseRow | None:
        """The current case."""
        return self.table.current

    def leaves_room(self, width: int) -> bool:
        """Whether the detail takes no column of an officer's own view."""
        if self._own_view is None:
            return True
        table, whole = self.query_one(CaseTable), self.query_one("#body").size.width
        return table.count_columns(whole - width) == table.count_columns(whole)

    async def read_detail(self, item: CaseRow) -> RenderableType:
        """Return what the list has of a case."""
        return case_detail(item)

    async def fetch_page(self, query: CaseQuery) -> Page[CaseRow]:
        """Load a page of cases, and show how far its phase transfers are."""
        page = await api.list_cases(self.portal.client, query)
        if query.find == self._query.find:
            text = cohort_text(page, query.transfer_kind)
            self.query_one("#cohort", Static).update(text)
            self.query_one("#cohort").display = bool(text)
        if self._of and query.officer and self._own_view is None and page.rows:
            self.set_location(f"{self.LOCATION} › {page.rows[0].officer or self._of}")
        return page

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

    def action_go(self, name: str) -> None:
        """Open another place of the desk."""
        self.portal.navigation.open_place(PLACES[name])

    def action_mark(self) -> None:
        """Mark the current case or take its mark away, and go to the next one."""
        table = self.query_one(CaseTable)
        row = table.current
        if row is None or table.all_marked:
            return
        table.marked ^= {row.id}
        table.action_move(1)
        self._show_marks()

    def action_mark_all(self) -> None:
        """Mark all cases of the view, also those that are not loaded, or take all marks away."""
        table = self.query_one(CaseTable)
        table.all_marked = not (table.all_marked or table.marked)
        table.marked.clear()
        self._show_marks()

    def _show_marks(self) -> None:
        table = self.query_one(CaseTable)
        total = table.window.total if table.window else 0
        count = total if table.all_marked else len(table.marked)
        self.query_one("#marked", Static).update(f"{count:,} marked" if count else "")
        table.refresh()

    def _update_query(self, **changes: object) -> None:
        """Change the query and take all marks away, so that no hidden case is changed."""
        if changes.keys() & {"find", "view"}:
            table = self.query_one(CaseTable)
            table.all_marked = False
            table.marked.clear()
            self._show_marks()
        if "view" in changes:
            changes = self._open_view(str(changes.pop("view"))) | changes
        super()._update_query(**changes)

    def _open_view(self, name: str) -> dict[str, object]:
        """Show the columns and the filter of a view, and return what it changes in the query."""
        self._totals.clear()  # they count the cases of another query
        own = self._own_view = self._views.get(name)
        self.query_one(CaseTable).columns = own.columns if own else usual_columns(name)
        self.fit_detail()
        self.set_location(self.LOCATION)
        if own is None:
            return {**dict.fromkeys(NARROWING), "view": DeskView(name)}
        with self.prevent(Input.Changed):
            self.query_one("#filter", Input).value = own.query.find
        return own.query.model_dump(exclude={"cursor", "end", "limit"})

    def action_save_view(self) -> None:
        """Save the list as a view of the officer, or change or delete the one that is open."""
        run_questions(self, self._save_view())

    async def _save_view(self) -> None:
        officers = await api.list_officers(self.portal.client)
        columns = self.query_one(CaseTable).columns
        dialog = SaveView(self._own_view, self._query, columns, officers)
        view = await self.portal.ask(dialog)
        if view is None:
            return
        if view.columns:
            body = ViewIn(name=view.name, query=view.query, columns=view.columns)
            await api.save_view(self.portal.client, view.id, body)
            await self._load_views(str(view.id))
        else:
            await api.delete_view(self.portal.client, view.id)
            await self._load_views(str(DeskView.ALL))

    def csv_list(self) -> CsvList:
        """Return the cases of the view, with the columns that it shows."""
        query = self._query.model_dump(mode="json", exclude_none=True, exclude={"cursor", "end"})
        columns = [str(column) for column in self.query_one(CaseTable).columns]
        path = f"{api.DESK}/cases.csv"
        view = self._query.view
        file = "cases" if view is DeskView.ALL else f"cases-{view}"
        return CsvList("this list of cases", path, {**query, "columns": columns}, file)

    def action_transfers(self) -> None:
        """Ask for a year and a kind of phase transfer, and show its cases."""
        run_questions(self, self._choose_transfers())

    async def _choose_transfers(self) -> None:
        choice = await self.portal.ask(ChooseTransfers(self._query))
        if choice is None:
            return
        select = self.query_one("#view", Select)
        with self.prevent(Select.Changed):
            select.value = str(DeskView.TRANSFERS)
        year, kind = choice
        self._update_query(view=DeskView.TRANSFERS, transfer_year=year, transfer_kind=kind)

    def action_several(self) -> None:
        """Do something with all marked cases."""
        table = self.query_one(CaseTable)
        if not (table.marked or table.all_marked):
            self.notify(self.portal.with_keys(NOTHING_MARKED), markup=False)
            return
        cases = [] if table.all_marked else sorted(table.marked)
        query = self._query if table.all_marked else None
        run_questions(self, self._do_several(cases, query))

    async def _do_several(self, cases: list[UUID], query: CaseQuery | None) -> None:
        if await do_several(self.portal, cases, query):
            table = self.query_one(CaseTable)
            table.all_marked = False
            table.marked.clear()
            self._show_marks()
            self.reload()

    @property
    def _may_manage_staff(self) -> bool:
        account = self.portal.session.account
        return account is not None and account.may_manage_staff

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the command for staff accounts with the right to manage them."""
        if (action, parameters) == ("go", ("staff",)):
            return self._may_manage_staff
        return super().check_action(action, parameters)

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        super().action_back()
