"""The list of panels: those to come, and past ones."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.panels import PanelOut, PanelRow, panel_text
from shared.places import PlaceKind
from tui.casework import api
from tui.casework.panel_dialogs import WritePanel
from tui.core.commands import command
from tui.desk.api import list_panels
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS

TO_COME, PAST = "Panels to come", "Past panels"
NONE_TO_COME = "No panel is planned. Press {panels.add} to add one."
NONE_PAST = "No panel has met yet."


class Panels(CsvScreen):
    """Panels by their day."""

    CSS_PATH = "casework.tcss"
    LOCATION = "Cases › Panels"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Meetings that decide on several cases. Enter opens one, {panels.add} adds one, "
        "{panels.past} shows those that have met. A case is put on a panel from its notes and "
        "tasks."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("panels.add", "a", "add", "add", "Add a panel."),
        command("panels.past", "v", "past", "past panels", "Show past panels, or those to come."),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._past = False
        self._rows: list[PanelRow] = []
        self._cursor: str | None = None

    def body(self) -> ComposeResult:
        """Lay out the links above the panels."""
        yield Static(TO_COME, id="which", classes="title", markup=False)
        with Horizontal(classes="actions"):
            yield Link("Add a panel", id="add")
            yield Link(PAST, id="past")
        yield Vertical(id="rows")

    def csv_list(self) -> CsvList:
        """Return the panels to come, or past ones."""
        return CsvList("this list of panels", f"{api.BASE}/panels.csv", {"past": self._past})

    def on_screen_resume(self) -> None:
        """Load the panels."""
        self.call(self._load(), group="panels", on_error=self.handle_load_error)

    async def _load(self, cursor: str | None = None) -> None:
        page = await list_panels(self.portal.client, past=self._past, cursor=cursor)
        self._rows = [*(self._rows if cursor else ()), *page.rows]
        self._cursor = page.next
        self.query_one("#which", Static).update(PAST if self._past else TO_COME)
        self.query_one("#past", Link).update(TO_COME if self._past else PAST)
        focused_id = self.focused.id if self.focused else None
        rows = self.query_one("#rows")
        async with self.batch():
            await rows.remove_children()
            await rows.mount_all(_row_link(row) for row in self._rows)
            if not self._rows:
                text = self.portal.with_keys(NONE_PAST if self._past else NONE_TO_COME)
                await rows.mount(Static(text, classes="hint", markup=False))
            if self._cursor:
                await rows.mount(Link("More", id="more"))
        if self.focused is None:
            links = list(self.query("#rows Link").results(Link))
            same = [link for link in links if focused_id and link.id == focused_id]
            (same or links or [self.query_one("#add", Link)])[0].focus()

    @on(Link.Chosen, "#more")
    def _load_more(self) -> None:
        self.call(self._load(self._cursor), group="panels")

    @on(Link.Chosen, "#past")
    def action_past(self) -> None:
        """Show past panels, or those to come."""
        self._past = not self._past
        self.set_focus(None)
        self.call(self._load(), group="panels")

    @on(Link.Chosen, "#add")
    def action_add(self) -> None:
        """Add a panel."""

        def open_panel(panel: PanelOut | None) -> None:
            if panel is not None:
                self.portal.navigation.open_place(PlaceKind.PANEL.of(panel.id))

        self.app.push_screen(WritePanel(), open_panel)


def _row_link(row: PanelRow) -> Link:
    cases = "1 case" if row.cases == 1 else f"{row.cases} cases"
    waiting = f", {row.waiting} without an outcome" if row.waiting else ""
    text = f"{panel_text(row)} · {cases}{waiting}"
    return Link(text, place=PlaceKind.PANEL.of(row.id), id=f"panel-{row.id}")
