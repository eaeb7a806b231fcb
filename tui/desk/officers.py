"""The officers: who has how many cases, and who covers for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.caseload import CoverIn, OfficerRow
from shared.values.days import format_day, london_day, parse_day, utc_now
from tui.core.commands import command
from tui.desk import api
from tui.desk.case_parts import CaseAction, Item, action_links
from tui.desk.dialog import check_day, create_day_field
from tui.desk.pick import officer_text, pick_officer, run_questions
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.dialog import Action, ChoiceDialog, Dialog, DialogBody, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS

INTRO = (
    "Who covers for somebody away has their cases under Mine and gets their reminders meanwhile. "
    "The cases stay with the officer who has them."
)
END_TEXT = "{} no longer has the cases of {} under Mine, nor gets reminders about them."


class CoverDays(Dialog[CoverIn | None]):
    """Asks for the days of a cover."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.send", "ctrl+s", "send", "do it", "Do what the dialog is for."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
    ]

    def __init__(self, officer: OfficerRow, cover: OfficerRow) -> None:
        super().__init__()
        self._away, self._covering = officer, cover

    def compose(self) -> ComposeResult:
        """Lay out the two days."""
        with Vertical(classes="dialog"):
            title = f"{self._covering.name} covers for {self._away.name}"
            yield Static(title, classes="title", markup=False)
            with DialogBody(classes="fields", can_focus=False):
                yield ErrorSummary()
                yield create_day_field("from_on", "From")
                week = london_day(utc_now()) + timedelta(days=6)
                yield create_day_field("until_on", "Until and including", week)
            with Horizontal(classes="actions"):
                yield Action("Set the cover", id="send")
                yield SecondaryAction("Close", id="close")

    def _value(self, name: str) -> str:
        return self.query_one(f"#field-{name}", Field).value.strip()

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Return the cover, or show the errors."""
        names = ("from_on", "until_on")
        errors = [error for name in names for error in check_day(name, self._value(name))]
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            days = {name: parse_day(self._value(name)) for name in names}
            cover = CoverIn(id=uuid4(), officer=self._away.id, cover=self._covering.id, **days)
            self.dismiss(cover)

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close without a cover."""
        self.dismiss(None)


class Officers(CsvScreen):
    """Lists the officers with their open cases and covers."""

    CSS_PATH = "officers.tcss"
    LOCATION = "Cases › Officers"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Every officer with the number of their open cases. {next} goes from link to link, Enter "
        "does what a link says. Cases are assigned in the list of cases and on each case."
    )

    def body(self) -> ComposeResult:
        """Lay out the list below what covering means."""
        yield Static(INTRO, classes="hint", markup=False)
        yield Vertical(id="officers")

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[UUID, OfficerRow] = {}

    def csv_list(self) -> CsvList:
        """Return the officers."""
        return CsvList("this list of officers", f"{api.DESK}/officers.csv")

    def on_mount(self) -> None:
        """Load the list."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        rows = await api.list_officers(self.portal.client)
        self._rows = {row.id: row for row in rows}
        container = self.query_one("#officers")
        focused_id = self.focused.id if self.focused else None
        async with self.batch():
            await container.remove_children()
            await container.mount_all([_create_item(row) for row in rows])
        links = list(container.query(Link))
        target = next((link for link in links if link.id == focused_id), links[0])
        target.focus()

    @on(Link.Chosen, ".do")
    def _run_action(self, event: Link.Chosen) -> None:
        event.stop()
        action = event.link.value
        if isinstance(action, CaseAction) and isinstance(action.target, UUID):
            work = self._set_cover if action.name == "cover" else self._end_cover
            run_questions(self, work(action.target))

    async def _set_cover(self, officer_id: UUID) -> None:
        officer = self._rows[officer_id]
        title = f"Who covers for {officer.name}?"
        cover = await pick_officer(self.portal, "", title=title, without=officer)
        body = await self.portal.ask(CoverDays(officer, cover)) if cover else None
        if body and cover:
            await api.set_cover(self.portal.client, body)
            self.notify(
                f"{cover.name} covers for {officer.name} until {format_day(body.until_on)}.",
                markup=False,
            )
            await self._load()

    async def _end_cover(self, cover_id: UUID) -> None:
        officer, cover = next(
            (row, cover)
            for row in self._rows.values()
            for cover in row.covers
            if cover.id == cover_id
        )
        text = END_TEXT.format(cover.name, officer.name)
        answers = (("stay", "Change nothing"), ("end", "End the cover"))
        if await self.portal.ask(ChoiceDialog("End the cover now?", text, answers)) == "end":
            await api.end_cover(self.portal.client, cover_id)
            self.notify("The cover has ended.", markup=False)
            await self._load()


def _create_item(row: OfficerRow) -> Item:
    covers = [
        f"{cover.name} covers for them from {format_day(cover.from_on)} "
        f"until {format_day(cover.until_on)}"
        for cover in row.covers
    ]
    links = [(CaseAction("cover", row.id), "Set a cover…")]
    links += [(CaseAction("end", cover.id), f"End {cover.name}'s cover…") for cover in row.covers]
    return Item(officer_text(row), *covers, links=action_links(*links))
