"""Dialogs that pick an officer or a professional by typing."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.caseload import OfficerRow
from shared.forms.sharing import Colleague
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.desk import api
from tui.desk.actions import professional_text
from tui.widgets.dialog import Dialog, DialogBody, SecondaryAction
from tui.widgets.finder import Finder, ItemT
from tui.widgets.screen import PortalScreen


def run_questions(screen: PortalScreen, work: Coroutine[object, object, None]) -> None:
    """Run work that shows dialogs and waits for their answers; the portal shows its errors."""

    async def run() -> None:
        try:
            await work
        except PortalError as error:
            screen.portal.show_error(error)

    screen.run_worker(run(), group="questions", exclusive=True, exit_on_error=False)


class Pick(Dialog[ItemT | None]):
    """Finds one of many by typing, and returns it, or None."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "Finder Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
    ]

    def __init__(self, title: str, text: str, finder: Finder[ItemT]) -> None:
        super().__init__()
        self._title, self._text, self._finder = title, text, finder

    def compose(self) -> ComposeResult:
        """Lay out the finder."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            with DialogBody(classes="fields", can_focus=False):
                if self._text:
                    yield Static(self._text, classes="paragraph", markup=False)
                yield self._finder
            with Horizontal(classes="actions"):
                yield SecondaryAction("Close", id="close")

    @on(Finder.Chosen)
    def _choose(self) -> None:
        self.dismiss(self._finder.choice)

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


def officer_text(officer: OfficerRow) -> str:
    """Format an officer as one line."""
    you = ", you" if officer.you else ""
    cases = "1 open case" if officer.cases == 1 else f"{officer.cases:,} open cases"
    return f"{officer.name}{you} · {cases}"


async def pick_officer(
    portal: Portal,
    text: str,
    *,
    title: str = "Choose an officer",
    without: OfficerRow | None = None,
) -> OfficerRow | None:
    """Ask for an officer, in a worker; None if nobody is chosen."""
    officers = [row for row in await api.list_officers(portal.client) if row != without]

    async def find(typed: str) -> list[OfficerRow]:
        words = typed.casefold().split()
        return [row for row in officers if all(word in row.name.casefold() for word in words)]

    finder = Finder(find, officer_text, "Name")
    return await portal.ask(Pick(title, text, finder))


async def pick_professional(portal: Portal, title: str) -> Colleague | None:
    """Ask for a professional, in a worker; None if nobody is chosen."""

    async def find(typed: str) -> list[Colleague]:
        return await api.find_professionals(portal.client, typed)

    finder = Finder(find, professional_text, "Name, organisation or email")
    return await portal.ask(Pick(title, "", finder))
