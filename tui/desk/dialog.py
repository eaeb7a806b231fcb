"""A small form about a case: what is asked, what is wrong, and one way to do it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from shared.desk import CaseOut
from shared.problems import FieldError, ProblemCode
from shared.values.days import NotADay, london_day, read_day, utc_now, write_day
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.core.portal import Portal
from tui.desk import api
from tui.widgets.dialog import UNSENT, Action, Dialog, Question, held, uncover
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.long_text import LongText

MOVED = frozenset({ProblemCode.NOT_ALLOWED, ProblemCode.CONFLICT, ProblemCode.NOT_FOUND})
"""What says that the case is no longer as it was shown."""
READ_AGAIN = "The case was read again: close this to see how it stands now."


class CaseDialog(Dialog[CaseOut | None]):
    """Asks for what an action needs, and gives the case as it stands afterwards; Esc gives None.

    A subclass tells its `heading`, the words of its button, its `fields`, and how to `send`.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.send", "ctrl+s", "send", "do it", "Do what the dialog is for."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
        command("dialog.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]

    def __init__(self, case: CaseOut, heading: str, do: str, explained: str = "") -> None:
        super().__init__()
        self.case = case
        self.heading = heading
        self._do = do
        self._explained = explained
        self._newest: CaseOut | None = None
        self._before: dict[str, str] = {}

    def fields(self) -> Iterable[Field]:
        """Make the questions."""
        return ()

    def questions(self) -> ComposeResult:
        """Lay out what is asked."""
        yield from self.fields()

    def wrong(self) -> list[FieldError]:
        """Check what is typed before it is sent."""
        return []

    async def send(self) -> CaseOut:
        """Do it; gives the case as it stands then."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Lay out the questions between heading and buttons."""
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="title", markup=False)
            with VerticalScroll(classes="fields", can_focus=False):
                if self._explained:
                    yield Static(self._explained, classes="paragraph", markup=False)
                yield ErrorSummary()
                yield from self.questions()
            with Horizontal(classes="actions"):
                yield Action(self._do, id="send")
                yield Action("Close", id="close")

    def on_mount(self) -> None:
        """Note how the questions stand before anything is typed."""
        self._before = self._typed()

    def _typed(self) -> dict[str, str]:
        return {field.name or "": field.value for field in self.query(Field)}

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.query_one(f"#field-{name}", Field).value.strip()

    @property
    def portal(self) -> Portal:
        """The app, as a screen may know it."""
        return cast("Portal", self.app)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Check, then do it."""
        if self._sending:
            return
        errors = self.wrong()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            self.run_worker(self._work(), group="send", exclusive=True, exit_on_error=False)

    async def _work(self) -> None:
        try:
            with held(self, self.query_one(".dialog")):
                done = await self.send()
        except PortalError as error:
            await self._not_done(error)
            return
        uncover(self)
        self.dismiss(done)

    @property
    def _sending(self) -> bool:
        return self.query_one(".dialog").disabled

    async def _not_done(self, error: PortalError) -> None:
        moved = isinstance(error, Refused) and error.code in MOVED
        if not (isinstance(error, Refused) and (error.errors or moved)):
            self.portal.show_error(error)
            return
        words = str(error)
        if moved:
            try:
                self._newest = await api.read_case(self.portal.client, self.case.id)
                words = f"{words} {READ_AGAIN}"
            except PortalError:
                pass  # what was refused is still said; the case is read when it is opened
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), error.errors, words)

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close; what was typed and not sent is asked about first."""
        if self._sending:
            return
        if self._typed() == self._before:
            self.dismiss(self._newest)
            return

        def answered(answer: str | None) -> None:
            if answer == "close":
                self.dismiss(self._newest)

        self.app.push_screen(Question(*UNSENT), answered)


def day_field(name: str, label: str, day: date | None = None) -> Field:
    """Ask for a day, today's to begin with."""
    text = write_day(day or london_day(utc_now()))
    box = Input(text, max_length=30, compact=True)
    return Field(name, f"{label} (dd/mm/yyyy)", box, required=True, help_text="As 28/02/2026.")


def reason_field(name: str, label: str, help_text: str, *, required: bool = True) -> Field:
    """Ask for a reason in as many words as it takes."""
    return Field(name, label, LongText(), required=required, help_text=help_text)


def wrong_day(name: str, written: str) -> list[FieldError]:
    """Tell what is wrong with a written day."""
    try:
        read_day(written)
    except NotADay as error:
        return [FieldError(pointer=f"/{name}", code="impossible", message=str(error))]
    return []


def missing(name: str, written: str, message: str) -> list[FieldError]:
    """Tell that a field is empty."""
    return [] if written else [FieldError(pointer=f"/{name}", code="missing", message=message)]
