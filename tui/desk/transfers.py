"""Choosing a cohort of phase transfers, and saying how far it is."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.caselist import CaseQuery, DeskPage
from shared.cases.transfers import TransferKind, cohort_year
from shared.values.days import london_day, utc_now
from tui.core.commands import command
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, Dialog, DialogBody, SecondaryAction
from tui.widgets.field import Field

BOTH = "both"
YEAR_HELP = "The year in which the phase transfer takes place, in September."
KIND_HELP = "Each kind has its own date until which a review is held and the plan amended."
KIND_LABELS = {
    TransferKind.SCHOOL: "Between schools, before 15 February",
    TransferKind.POST_16: "To post-16, before 31 March",
}
SHORT_LABELS = {TransferKind.SCHOOL: " between schools", TransferKind.POST_16: " to post-16"}
YEARS_AHEAD = 4

Choice = tuple[int, TransferKind | None]


class ChooseTransfers(Dialog[Choice | None]):
    """Asks for the year and the kind of phase transfer."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.send", "ctrl+s", "send", "do it", "Do what the dialog is for."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
        command("dialog.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]

    def __init__(self, query: CaseQuery) -> None:
        super().__init__()
        self._shown = query

    def compose(self) -> ComposeResult:
        """Lay out the year and the kind."""
        this_year = cohort_year(london_day(utc_now()))
        years = [(str(year), str(year)) for year in range(this_year - 1, this_year + YEARS_AHEAD)]
        kinds = [("Both kinds", BOTH), *((label, str(kind)) for kind, label in KIND_LABELS.items())]
        with Vertical(classes="dialog"):
            yield Static("Which phase transfers?", classes="title", markup=False)
            with DialogBody(classes="fields", can_focus=False):
                year = str(self._shown.transfer_year or this_year)
                yield _choice("year", "Year", years, year, YEAR_HELP)
                kind = str(self._shown.transfer_kind or BOTH)
                yield _choice("kind", "Kind", kinds, kind, KIND_HELP)
            with Horizontal(classes="actions"):
                yield Action("Show them", id="send")
                yield SecondaryAction("Close", id="close")

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Return the year and the kind."""
        year, kind = (self.query_one(f"#field-{name}", Field).value for name in ("year", "kind"))
        self.dismiss((int(year), None if kind == BOTH else TransferKind(kind)))

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


def _choice(
    name: str, label: str, options: list[tuple[str, str]], value: str, help_text: str
) -> Field:
    known = value if value in {option for _, option in options} else options[0][1]
    control = ChoiceList(options, value=known, allow_blank=False, compact=True)
    return Field(name, label, control, help_text=help_text)


def cohort_text(page: DeskPage, kind: TransferKind | None) -> str:
    """Say how far the phase transfers of a page's view are; '' for another view."""
    cohort = page.cohort
    if cohort is None:
        return ""
    which = SHORT_LABELS[kind] if kind else ""
    return (
        f"Transfers{which} in {cohort.year}: review held {cohort.met:,} of {page.total:,}, notice "
        f"sent {cohort.notified:,}, setting named {cohort.named:,}"
    )
