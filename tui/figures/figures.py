"""The screen of the caseload in figures: a section of bars at a time."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from shared.figures.figures import COMPUTED_EVERY, Figures, FiguresOut, FileKind
from shared.figures.tables import SECTIONS, FigureTable
from shared.places import PlaceKind
from shared.values.days import format_dated_time, london_day, utc_now
from tui.core.commands import command
from tui.desk.pane import Pane
from tui.documents.save import Download, SaveCopy
from tui.figures import api
from tui.figures.bars import bar_lines, line_chart
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.sections import Sections, section_keys

NAMES = tuple(SECTIONS)
NOT_COMPUTED = "The figures are not computed yet. Press {figures.compute} to compute them now."
OLD = timedelta(minutes=2)
"""Age from which figures are computed again when they are opened."""
CHECK_SECONDS = 60
MARGIN = 2
"""The columns at the left in which a link shows the mark of the focus."""


class TableOfBars(Vertical):
    """A table of figures; rows whose cases can be listed are links."""

    def __init__(self, table: FigureTable) -> None:
        super().__init__(classes="table")
        self._table = table

    def compose(self) -> ComposeResult:
        """Lay out the title and the note above the rows."""
        yield Static(self._table.title, classes="title heading", markup=False)
        if self._table.note:
            yield Static(self._table.note, classes="hint", markup=False)
        for row in self._table.rows:
            if row.cases:
                yield Link("", place=PlaceKind.CASES_OF.of(row.cases), classes="bar")
            else:
                yield Static("", classes="bar", markup=False)
        if not self._table.rows:
            yield Static("None.", markup=False)
        if any(share is not None for share in self._table.line):
            chart = line_chart([row.label for row in self._table.rows], self._table.line)
            yield Static("\n".join(chart), classes="line", markup=False)

    def on_resize(self) -> None:
        """Fit the rows to the new width."""
        lines = bar_lines(self._table.rows, self.size.width - MARGIN)
        for widget, line in zip(self.query(".bar").results(Static), lines, strict=True):
            widget.update(line)
            widget.styles.height = len(line.plain.splitlines())


class CaseloadFigures(PortalScreen):
    """Shows the figures as computed last, and computes them again."""

    CSS_PATH = "figures.tcss"
    LOCATION = "Cases › Figures"
    LINKS = SEND_LINKS
    AUTO_FOCUS = "Sections"
    HELP_TEXT = (
        "All cases of the authority, counted every quarter of an hour; the first line says when. "
        "An open page reads them again by itself. {figures.compute} counts them now. 1 to 6 open "
        "a section, or {sections.left} and {sections.right}; {next} goes into it, and Enter lists "
        "the cases of a row with an underline. {figures.save} saves all sections as PDF or CSV, "
        "for the authority only: for people outside it there is a report in ranges, which the "
        "portal's administrator makes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *section_keys("figures", len(NAMES)),
        command("figures.compute", "r", "compute", "compute again", "Compute the figures again."),
        command("figures.save", "y", "save", "save", "Save the figures as PDF or CSV."),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: FiguresOut | None = None
        """None until they were read; it holds no figures if there are none yet."""
        self._drawn: tuple[str, Figures | None] | None = None
        """The section that is drawn, with its figures."""

    def body(self) -> ComposeResult:
        """Lay out the time and the sections above the open one."""
        yield Static("", id="as-at", markup=False)
        yield Sections(NAMES)
        with Pane():
            yield Vertical(id="tables")

    def on_mount(self) -> None:
        """Read the figures."""
        self.call(self._read(), group="figures", on_error=self.handle_load_error)
        self.set_interval(CHECK_SECONDS, self._poll_if_old)

    def load(self) -> None:
        """Read the figures again, if the server has newer ones, when the screen is shown again."""
        self._poll_if_old()

    def _poll_if_old(self) -> None:
        if self._shown is None or not self.is_on_top:
            return
        computed_at = self._shown.computed_at
        if computed_at is None or utc_now() - computed_at > COMPUTED_EVERY:
            # After an error the old ones stay, with their time.
            work = self._show(api.poll_figures(self.portal.client))
            self.call(work, group="renew", on_error=lambda _: None)

    async def _read(self) -> None:
        """Show the figures as computed last, and compute them again if they are old."""
        client = self.portal.client
        await self._show(api.read_figures(client))
        computed_at = self._shown.computed_at if self._shown else None
        if computed_at is not None and utc_now() - computed_at > OLD:
            # After an error the old ones stay, with their time.
            self.call(
                self._show(api.compute_figures(client)), group="renew", on_error=lambda _: None
            )

    def action_compute(self) -> None:
        """Compute the figures again."""
        self.call(self._show(api.compute_figures(self.portal.client)), group="figures")

    async def _show(self, work: Coroutine[object, object, FiguresOut]) -> None:
        self._shown = await work
        self._open_section()

    def _open_section(self) -> None:
        # A group of its own, because the figures may still be read or computed.
        if self._shown is not None:
            self.call(self._show_section(self._shown), group="section")

    async def _show_section(self, shown: FiguresOut) -> None:
        figures, computed_at = shown.figures, shown.computed_at
        name = NAMES[self.query_one(Sections).open_index]
        tables = SECTIONS[name](figures) if figures else []
        as_at = self.portal.with_keys(NOT_COMPUTED)
        if computed_at is not None:
            as_at = f"As at {format_dated_time(computed_at, london_day(utc_now()))}"
        self.query_one("#as-at", Static).update(as_at)
        if self._drawn != (name, figures):
            self._drawn = None  # until all of it is drawn: another call may end this one
            await self._draw(tables)
            self._drawn = name, figures
        self.refresh_bindings()

    async def _draw(self, tables: list[FigureTable]) -> None:
        """Draw tables, with the focus on the same row; the batch keeps what is in view."""
        container, focused = self.query_one("#tables"), self.focused
        place = (
            focused.place if isinstance(focused, Link) and container in focused.ancestors else None
        )
        async with self.batch():
            await container.remove_children()
            await container.mount_all(TableOfBars(table) for table in tables)
            links = list(container.query(Link))
            if place is not None:
                same = [link for link in links if link.place == place]
                (same[0] if same else self.query_one(Sections)).focus(scroll_visible=False)

    @on(Sections.Opened)
    def _on_opened(self) -> None:
        self.query_one(Pane).scroll_home(animate=False)
        self._open_section()

    def action_section(self, index: int) -> None:
        """Open a section."""
        sections = self.query_one(Sections)
        sections.open_index = index
        self.set_focus(sections)

    def action_save(self) -> None:
        """Ask where to save the figures."""
        if self._shown is None or self._shown.computed_at is None:
            return
        name = f"figures-{london_day(self._shown.computed_at):%Y-%m-%d}"
        files = [
            Download(api.file_path(kind), f"{name}.{kind}", f"Save as {kind.upper()}")
            for kind in (FileKind.PDF, FileKind.CSV)
        ]
        self.app.push_screen(SaveCopy("the figures", files))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable saving once there are figures."""
        if action == "save":
            return self._shown is not None and self._shown.figures is not None
        return super().check_action(action, parameters)
