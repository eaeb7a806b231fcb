"""Base classes of dialogs that ask for something and send it, on a case or on other work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import ClassVar, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.desk import CaseOut
from shared.problems import FieldError, ProblemCode
from shared.values.days import InvalidDate, format_day, london_day, parse_day, utc_now
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.core.portal import Portal
from tui.desk import api
from tui.widgets.dialog import (
    DISCARD_INPUT,
    Action,
    ChoiceDialog,
    Dialog,
    DialogBody,
    SecondaryAction,
    close_screens_above,
    disabled_while_sending,
)
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.line_input import DateInput, DayInput
from tui.widgets.long_text import LongText

STYLES = Path(__file__).with_name("dialog.tcss")
"""An absolute path, for dialogs of other packages."""
CASE_CHANGED = frozenset({ProblemCode.NOT_ALLOWED, ProblemCode.CONFLICT, ProblemCode.NOT_FOUND})
"""Problem codes that mean the case has changed since it was shown."""
DAY_FORMAT = " (dd/mm/yyyy)"
CONFIRM_ANSWERS = (("back", "Go back"), ("go_on", "Record it"))
NEWER = (
    "It now says:\n\n{text}\n\nWhat you typed is below. Send it again to {purpose}, or close to "
    "leave it as it is."
)
CASE_RELOADED = "The case was read again: close this to see how it stands now."


ResultT = TypeVar("ResultT")


class InputDialog(Dialog[ResultT | None]):
    """A dialog for one action, which returns what the server replied, or None.

    Subclasses define the heading, the button, `fields`, `errors` and `send`.
    """

    SENT_AGAIN: ClassVar[str] = "replace this"
    """What sending again does after somebody else saved something newer."""
    DONE: ClassVar[str] = ""
    """What is said once the action is done, if the screen below may not show it."""
    CSS_PATH = STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.send", "ctrl+s", "send", "do it", "Do what the dialog is for."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
        command("dialog.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]

    def __init__(
        self, heading: str, button: str, explanation: str = "", *, version: int = 0
    ) -> None:
        super().__init__()
        self.heading = heading
        self.version = version
        """The version that the input is based on; 0 for something new."""
        self._button = button
        self._explanation = explanation
        self._reloaded: ResultT | None = None
        self.confirmed = False
        self._initial: dict[str, str] = {}

    def fields(self) -> Iterable[Field]:
        """Return the fields of the dialog."""
        return ()

    def compose_content(self) -> ComposeResult:
        """Lay out the fields; subclasses may add other widgets."""
        yield from self.fields()

    def errors(self) -> list[FieldError]:
        """Check the input before it is sent, and return the errors."""
        return []

    def warnings(self) -> list[FieldError]:
        """Check the input for what is unusual, which may be sent all the same."""
        return []

    def on_descendant_blur(self) -> None:
        """Show what is unusual when a field is left."""
        if not self.is_current:
            return  # its fields may be gone
        messages = {warning.pointer: warning.message for warning in self.warnings()}
        for field in self.query(Field):
            field.show_warning(messages.get(f"/{field.name}", ""))

    async def send(self) -> ResultT:
        """Perform the action and return the server's reply."""
        raise NotImplementedError

    async def read_newer(self) -> dict[str, str]:
        """Read the values of the fields that somebody else saved; {} if the dialog can't."""
        return {}

    async def reload(self) -> ResultT | None:
        """Read again what has changed since it was shown; None if the dialog can't."""
        return None

    def compose(self) -> ComposeResult:
        """Lay out the fields between the heading and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="title", markup=False)
            with DialogBody(classes="fields", can_focus=False):
                if self._explanation:
                    yield Static(self._explanation, classes="paragraph", markup=False)
                yield ErrorSummary()
                yield from self.compose_content()
            with Horizontal(classes="actions"):
                yield Action(self._button, id="send")
                yield SecondaryAction("Close", id="close")

    def on_mount(self) -> None:
        """Record the initial values of the fields."""
        self._initial = self._values()

    def _values(self) -> dict[str, str]:
        return {field.name or "": field.value for field in self.query(Field)}

    def value(self, name: str) -> str:
        """Return the value of a field without surrounding spaces."""
        return self.query_one(f"#field-{name}", Field).value.strip()

    def is_unchanged(self, name: str) -> bool:
        """Whether a field still has the value that the dialog showed."""
        return self.query_one(f"#field-{name}", Field).value == self._initial[name]

    @property
    def portal(self) -> Portal:
        """The app, as the `Portal` protocol."""
        return cast("Portal", self.app)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Check the input, then perform the action."""
        if self._sending:
            return
        errors = self.errors()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            self.run_worker(self._perform(), group="send", exclusive=True, exit_on_error=False)

    async def _perform(self) -> None:
        try:
            with disabled_while_sending(self, self.query_one(".dialog")):
                result = await self.send()
        except PortalError as error:
            await self._on_error(error)
            return
        close_screens_above(self)
        self.dismiss(result)
        if self.DONE:
            self.app.notify(self.DONE)

    @property
    def _sending(self) -> bool:
        return self.query_one(".dialog").disabled

    def _ask(self, error: Refused) -> None:
        """Show what the server warns of, and send again if the officer goes on."""
        title, *warnings = str(error).splitlines()

        def on_answer(answer: str | None) -> None:
            if answer == "go_on":
                self.confirmed = True
                self.action_send()

        text = "\n\n".join(warnings)
        self.app.push_screen(ChoiceDialog(title, text, CONFIRM_ANSWERS), on_answer)

    async def _on_error(self, error: PortalError) -> None:
        self.confirmed = False  # what is sent next may be something else
        if isinstance(error, Refused) and error.code is ProblemCode.NEEDS_CONFIRMATION:
            self._ask(error)
            return
        if isinstance(error, Refused) and error.problem.current is not None:
            await self._show_newer(error)
            return
        has_changed = isinstance(error, Refused) and error.code in CASE_CHANGED
        if not (isinstance(error, Refused) and (error.errors or has_changed)):
            self.portal.show_error(error)
            return
        text = str(error)
        if has_changed:
            try:
                self._reloaded = await self.reload()
                text = f"{text} {CASE_RELOADED}" if self._reloaded is not None else text
            except PortalError:
                pass  # the error is shown, and the case is reloaded when it is opened
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), error.errors, text)

    async def _show_newer(self, error: Refused) -> None:
        """Show what somebody else saved, also in the fields that the user has not changed.

        What they typed may be sent again to replace it.
        """
        try:
            self._load_newer(await self.read_newer())
        except PortalError as failure:  # what is sent next is refused again
            self.portal.show_error(failure)
            return
        self.version = error.problem.version or self.version
        await self.query("#newer").remove()
        text = NEWER.format(text=error.problem.current, purpose=self.SENT_AGAIN)
        newer = Static(text, id="newer", classes="paragraph", markup=False)
        summary = self.query_one(ErrorSummary)
        await self.query_one(".fields").mount(newer, after=summary)
        show_field_errors(self.query(Field), summary, [], str(error))

    def _load_newer(self, newer: dict[str, str]) -> None:
        for field in self.query(Field):
            name = field.name or ""
            if name in newer and self.is_unchanged(name):
                field.load(newer[name])
                self._initial[name] = newer[name]

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close the dialog, asking first if unsent input would be lost."""
        if self._sending:
            return
        if self._values() == self._initial:
            self.dismiss(self._reloaded)
            return

        def on_answer(answer: str | None) -> None:
            if answer == "close":
                self.dismiss(self._reloaded)

        self.app.push_screen(ChoiceDialog(*DISCARD_INPUT), on_answer)


class CaseDialog(InputDialog[CaseOut]):
    """A dialog for one action on a case, which returns the updated case or None."""

    def __init__(
        self, case: CaseOut, heading: str, button: str, explanation: str = "", *, version: int = 0
    ) -> None:
        super().__init__(heading, button, explanation, version=version)
        self.case = case

    async def reload(self) -> CaseOut:
        """Read the case again."""
        return await api.read_case(self.portal.client, self.case.id)


def create_day_field(name: str, label: str, day: date | None = None) -> Field:
    """Create a field for a date, initially today."""
    return _day_field(name, label, format_day(day or london_day(utc_now())), required=True)


def create_set_day_field(name: str, label: str, day: date | None, *, required: bool) -> Field:
    """Create a field for a date that an event sets, such as a meeting's."""
    return _day_field(name, label, format_day(day) if day else "", required=required)


def show_day_of(kind: str, field: Field) -> None:
    """Show the field of the date that an event of a kind sets, or hide it if there is none."""
    rule = RULES[EventKind(kind)] if kind else None
    field.display = bool(rule and rule.day)
    if rule and rule.day:
        field.show_label(f"{rule.day}{DAY_FORMAT}", required=rule.day_required)


def _day_field(name: str, label: str, text: str, *, required: bool) -> Field:
    control = (DayInput if text else DateInput)(text, max_length=30, compact=True)
    return Field(
        name, f"{label}{DAY_FORMAT}", control, required=required, help_text="As 28/02/2026."
    )


def create_reason_field(
    name: str, label: str, help_text: str, text: str = "", *, required: bool = True
) -> Field:
    """Create a field for a reason of any length."""
    return Field(name, label, LongText(text), required=required, help_text=help_text)


def check_day(name: str, text: str) -> list[FieldError]:
    """Return the error of a typed date, if it is invalid."""
    try:
        parse_day(text)
    except InvalidDate as error:
        return [FieldError(pointer=f"/{name}", code="impossible", message=str(error))]
    return []


def check_set_day(name: str, text: str, *, required: bool) -> list[FieldError]:
    """Return the error of a typed date that an event sets; it may be in the future."""
    if not text and not required:
        return []
    try:
        parse_day(text)
    except InvalidDate as error:
        return [FieldError(pointer=f"/{name}", code="impossible", message=str(error))]
    return []


def check_required(name: str, text: str, message: str) -> list[FieldError]:
    """Return the error of a required field that is empty."""
    return [] if text else [FieldError(pointer=f"/{name}", code="missing", message=message)]
