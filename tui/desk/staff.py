"""The screens for staff accounts: the list, and adding one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import ClassVar, NamedTuple
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.accounts import Staff
from shared.places import Place, PlaceKind
from shared.problems import FieldError
from shared.support import StaffIn, StaffRow
from tui.accounts.api import get_account
from tui.core.client import Client
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.desk import api
from tui.desk.case_parts import CaseAction, Item, action_links
from tui.desk.dialog import check_required
from tui.desk.send_errors import show_send_error
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SEND_LINKS, PortalScreen

KIND_LABELS = {Staff.OFFICER: "Officer", Staff.SUPPORT: "Support desk"}
RIGHT = "may manage staff accounts"
NO_KIND = "Choose what the account is for."
MISSING = {
    "email": "Enter the email address.",
    "staff": NO_KIND,
    "first_name": "Enter the first name.",
    "last_name": "Enter the last name.",
    "phone": "Enter the telephone number.",
}


class Change(NamedTuple):
    """A change of a staff account: its link, its question, and the request that makes it."""

    label: str
    question: str
    text: str
    send: Callable[[Client, UUID], Coroutine[object, object, None]]


CHANGES = {
    "disable": Change(
        "Disable…",
        "Disable the account of {}?",
        "They are signed out everywhere and can't sign in any more. Their cases are left for other "
        "officers to take on. Adding the same email address again enables the account.",
        api.disable_staff,
    ),
    "grant": Change(
        "Allow to manage staff…",
        "Allow {} to manage staff accounts?",
        "They can add and disable staff accounts, also yours, and give others this right.",
        api.grant_staff_right,
    ),
    "revoke": Change(
        "Stop managing staff…",
        "Take the right to manage staff from {}?",
        "They can't add or disable staff accounts any more.",
        api.revoke_staff_right,
    ),
}


class StaffAccounts(CsvScreen):
    """The authority's staff accounts, for officers with the right to manage them."""

    CSS_PATH = "staff.tcss"
    LOCATION = "Cases › Staff accounts"
    LINKS = SEND_LINKS
    AUTO_FOCUS = "#add"
    HELP_TEXT = (
        "Every account of the authority's staff. {next} goes from link to link, Enter does what a "
        "link says once you have confirmed it. {staff.add} adds an account."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("staff.add", "a", "add", "add", "Add a staff account."),
    ]

    def body(self) -> ComposeResult:
        """Lay out the links above the list."""
        with Horizontal(classes="actions"):
            yield Link("Add an account", id="add")
            yield Link("Back", id="back")
        yield Vertical(id="staff")

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[UUID, StaffRow] = {}
        self._in_dialog = False

    def csv_list(self) -> CsvList:
        """Return the staff accounts."""
        return CsvList("this list of staff accounts", f"{api.STAFF}.csv")

    def on_screen_resume(self) -> None:
        """Read the accounts, unless a dialog has just closed."""
        if self._in_dialog:
            self._in_dialog = False
        else:
            self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        self._rows = {row.id: row for row in await api.list_staff(self.portal.client)}
        container = self.query_one("#staff")
        focused_id = self.focused.id if self.focused else None
        await container.remove_children()
        await container.mount_all([_create_item(row) for row in self._rows.values()])
        for link in container.query(Link):
            if link.id == focused_id:
                link.focus()
        if self.focused is None:
            self.query_one("#add").focus()

    @on(Link.Chosen, "#add")
    def action_add(self) -> None:
        """Open the page that adds an account."""
        self.portal.navigation.open_place(Place(PlaceKind.NEW_STAFF))

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """Go back."""
        super().action_back()

    @on(Link.Chosen, ".do")
    def _ask(self, event: Link.Chosen) -> None:
        event.stop()
        action = event.link.value
        if not isinstance(action, CaseAction) or not isinstance(action.target, UUID):
            return
        change, row = CHANGES[action.name], self._rows[action.target]

        def on_answer(answer: str | None) -> None:
            if answer == "do":
                self.call(self._change(change, row))

        self._in_dialog = True
        answers = (("stay", "Change nothing"), ("do", change.label.removesuffix("…")))
        self.app.push_screen(
            ChoiceDialog(change.question.format(row.name), change.text, answers), on_answer
        )

    async def _change(self, change: Change, row: StaffRow) -> None:
        await change.send(self.portal.client, row.id)
        self.notify("Done.", markup=False)
        if row.you:  # who gave up the right can't read the list any more
            self.portal.session.account = await get_account(self.portal.client)
            self.portal.navigation.leave()
        else:
            await self._load()


def _create_item(row: StaffRow) -> Item:
    state = "✗ disabled" if row.disabled else "✓ active"
    right = RIGHT if row.may_manage else ""
    you = "you" if row.you else ""
    heading = " · ".join(part for part in (row.name, KIND_LABELS[row.staff], right, you) if part)
    names = []
    if not row.disabled and row.staff is Staff.OFFICER:
        names.append("revoke" if row.may_manage else "grant")
    if not row.disabled and not row.you:
        names.append("disable")
    links = action_links(*[(CaseAction(name, row.id), CHANGES[name].label) for name in names])
    return Item(heading, f"{state} · {row.email}", links=links)


class AddStaff(PortalScreen):
    """Adds a staff account, whose owner sets the password with an emailed link."""

    CSS_PATH = "staff.tcss"
    LOCATION = "Cases › Staff accounts"
    LINKS = SEND_LINKS
    AUTO_FOCUS = "Input"
    HELP_TEXT = (
        "{add-staff.send} creates the account. The new person gets a link by email and sets their "
        "password with it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("add-staff.send", "ctrl+s", "send", "add", "Create the account."),
    ]

    def body(self) -> ComposeResult:
        """Lay out the details of the person."""
        kinds = [(label, str(kind)) for kind, label in KIND_LABELS.items()]
        yield Static("Add a staff account", classes="title spaced", markup=False)
        yield ErrorSummary()
        yield _create_line("email", "Email address", "They sign in with it.")
        yield Field(
            "staff",
            "What the account is for",
            ChoiceList(kinds, prompt="Please select", compact=True),
            required=True,
            help_text="Officers work on cases. The support desk helps with accounts.",
        )
        yield _create_line("first_name", "First name", "As colleagues know them.")
        yield _create_line("last_name", "Last name", "As colleagues know them.")
        yield _create_line("phone", "Telephone number", "For example 0116 496 0101.")
        with Horizontal(classes="actions"):
            yield Action("Add the account", id="send")
            yield SecondaryAction("Back", id="back")

    def _values(self) -> dict[str, str]:
        return {field.name or "": field.value.strip() for field in self.query(Field)}

    def _errors(self, values: dict[str, str]) -> list[FieldError]:
        return [
            error
            for name, message in MISSING.items()
            for error in check_required(name, values[name], message)
        ]

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Ask for confirmation, or show the errors."""
        values = self._values()
        errors = self._errors(values)
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if errors:
            return

        def on_answer(answer: str | None) -> None:
            if answer == "add":
                self.send(self._send(values), self._on_send_error)

        kind = KIND_LABELS[Staff(values["staff"])]
        info = self.portal.info
        link = "They get a link by email that works for one day."
        self.app.push_screen(
            ChoiceDialog(
                f"Add {values['first_name']} {values['last_name']}?",
                f"{kind} with the email address {values['email']}."
                + ("" if info and not info.sends_mail else f" {link}"),
                (("stay", "Stay here"), ("add", "Add the account")),
            ),
            on_answer,
        )

    async def _send(self, values: dict[str, str]) -> None:
        row = await api.add_staff(self.portal.client, StaffIn.model_validate(values))
        self.notify(f"{row.name} gets a link at {row.email}.", markup=False)
        self.finish()

    def _on_send_error(self, error: PortalError) -> None:
        show_send_error(self, error)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if something was typed."""
        super().action_back()

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose something that was typed."""
        return any(self._values().values())


def _create_line(name: str, label: str, help_text: str) -> Field:
    limit = 254 if name == "email" else 200
    control = LineInput(max_length=limit, compact=True)
    return Field(name, label, control, required=True, help_text=help_text)
