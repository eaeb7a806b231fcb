"""Registration form with three tabs, which can be filled in in any order."""

from __future__ import annotations

from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Checkbox, Input, Select, Static

from shared.accounts import RegistrationIn
from shared.values.identifiers import check_email
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.activate import Activate
from tui.accounts.fields import (
    check_about_fields,
    check_new_password,
    check_work_fields,
    create_about_fields,
    create_new_password_fields,
    create_work_fields,
    field_errors,
    read_about,
    read_work,
    show_errors_at_fields,
)
from tui.accounts.unsent import UnsentInput
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import STAR, Field
from tui.widgets.focus_marker import CURRENT_CLASS
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.tick import Tick

ErrorList = list[tuple[str, str]]

TABS = ("Security Details", "About you", "Work Details")
EMAIL_HELP = "You sign in with this address, and we send your activation link and codes to it."
INTRO = (
    "You need to register with us in order to use the Professional Portal. Fields marked * are "
    "required. Press {help} in a field to see what to enter there."
)


class Register(AccountScreen):
    """The registration form, which keeps its input, except passwords, when it is left."""

    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Next and Back move between the three tabs; Submit, on the last, creates your account. "
        "When you leave this form what you typed is kept, except the passwords."
    )

    def __init__(self) -> None:
        super().__init__()
        self._tab = 0
        self._registration: RegistrationIn | None = None

    def body(self) -> ComposeResult:
        """Lay out the tabs, only one of which is visible."""
        yield Static("Registration", classes="title spaced", markup=False)
        yield Static(self.portal.with_keys(INTRO), classes="notice", markup=False)
        with Horizontal(classes="tabs"):
            for number, label in enumerate(TABS):
                yield Link(label, value=number, id=f"to-{number}", classes="tab")
        yield ErrorSummary()
        with Vertical(id="tab-0", classes="page"):
            yield from _security_fields()
        with Vertical(id="tab-1", classes="page"):
            yield from create_about_fields()
        with Vertical(id="tab-2", classes="page"):
            yield from create_work_fields(self.portal.client)
            yield Static("", id="notice", classes="notice", markup=False)
            yield Tick(Content.assemble("I have read this and agree", STAR), id="agree")
            yield Static("", id="agree-error", classes="notice", markup=False)
        with Horizontal(classes="actions"):
            yield SecondaryAction("Back", id="back")
            yield Action("Next", id="next")
            yield Action("Submit", id="submit")

    def on_mount(self) -> None:
        """Restore earlier input, and show the first tab."""
        self.call(self._show_notice(), group="notice")
        self.query_one("#agree-error").display = False
        self._unsent = UnsentInput(self.portal, "register", list(self.query(Field)))
        self._show(self._tab)

    async def _show_notice(self) -> None:
        info = self.portal.info or await api.get_portal_info(self.portal.client)
        self.query_one("#notice", Static).update(info.data_notice)

    @on(Input.Changed)
    @on(Select.Changed)
    def _store_input(self) -> None:
        self._unsent.store()

    def _show(self, tab: int, *, focus: bool = True) -> None:
        self._tab = tab
        for number, label in enumerate(TABS):
            page = self.query_one(f"#tab-{number}")
            page.display = number == tab
            has_errors = any(field.error for field in page.query(Field))
            link = self.query_one(f"#to-{number}", Link)
            link.update(f"✗ {label}" if has_errors and number != tab else label)
            link.set_class(number == tab, CURRENT_CLASS)
        self.query_one("#back").display = tab > 0
        self.query_one("#next").display = tab < 2
        self.query_one("#submit").display = tab == 2
        if focus:
            self.query_one(f"#tab-{tab}").query(Field).first().focus_control()

    @on(Link.Chosen, ".tab")
    def _choose_tab(self, event: Link.Chosen) -> None:
        event.stop()
        if isinstance(event.link.value, int):
            self._show(event.link.value)

    @on(Action.Pressed, "#next")
    def _next(self) -> None:
        errors = self._check_tab(self._tab)
        self.query_one(ErrorSummary).show(errors)
        if errors:
            self._show(self._tab, focus=False)
        else:
            self._show(self._tab + 1)

    @on(Action.Pressed, "#back")
    def _back(self) -> None:
        self._show(self._tab - 1)

    def action_back(self) -> None:
        """Go back a tab, or leave from the first one."""
        if self._tab:
            self._show(self._tab - 1)
        else:
            super().action_back()

    def _fields(self, tab: int) -> list[Field]:
        return list(self.query_one(f"#tab-{tab}").query(Field))

    def _check_tab(self, tab: int) -> ErrorList:
        fields = self._fields(tab)
        if tab == 0:
            return _check_security({field.name or "": field for field in fields})
        if tab == 1:
            return check_about_fields(fields)
        return check_work_fields(fields) + self._check_agreement()

    def _check_agreement(self) -> ErrorList:
        has_agreed = self.query_one("#agree", Checkbox).value
        line = self.query_one("#agree-error", Static)
        message = "" if has_agreed else "Read how we use your data and agree to it."
        line.update(f"✗ {message}")
        line.display = not has_agreed
        return [] if has_agreed else [("agree", message)]

    @on(Action.Pressed, "#submit")
    def _submit(self) -> None:
        errors_by_tab = [self._check_tab(tab) for tab in range(3)]
        self._show_errors([error for errors in errors_by_tab for error in errors])
        if not any(errors_by_tab):
            self.call(self._register(self._build_registration()), on_error=self._on_error)

    def _show_errors(self, errors: ErrorList) -> None:
        if errors:
            has_errors = [any(field.error for field in self._fields(tab)) for tab in range(3)]
            self._show(has_errors.index(True) if any(has_errors) else 2, focus=False)
        self.query_one(ErrorSummary).show(errors)

    @on(ErrorSummary.FieldHidden)
    def _reveal(self, event: ErrorSummary.FieldHidden) -> None:
        if event.name == "agree":
            self._show(2, focus=False)
            self.query_one("#agree").focus()
            return
        for tab in range(3):
            for field in self._fields(tab):
                if field.name == event.name:
                    self._show(tab, focus=False)
                    field.focus_control()

    def _build_registration(self) -> RegistrationIn:
        """Build the registration; a retry with the same answers has the same id."""
        answers = {field.name: field.value for field in self._fields(0)}
        registration = RegistrationIn(
            id=uuid4(),
            email=answers["email"].strip(),
            password=answers["password"],
            about=read_about(self._fields(1)),
            work=read_work(self._fields(2)),
            notice_accepted=True,
        )
        if (
            self._registration is None
            or self._registration.model_copy(update={"id": registration.id}) != registration
        ):
            self._registration = registration
        return self._registration

    async def _register(self, registration: RegistrationIn) -> None:
        activation_email = await api.register(self.portal.client, registration)
        self._unsent.clear()
        self.portal.session.sign_in_email = activation_email.email
        self.app.switch_screen(Activate(registration.id, activation_email))

    def _on_error(self, error: PortalError) -> None:
        errors = error.errors if isinstance(error, Refused) else []
        self._show_errors(show_errors_at_fields(self.query(Field), errors) or [("", str(error))])


def _security_fields() -> list[Field]:
    return [
        Field(
            "email", "Email address", LineInput(max_length=254), required=True, help_text=EMAIL_HELP
        ),
        Field(
            "confirm_email",
            "Confirm email",
            LineInput(max_length=254),
            required=True,
            help_text="The same address again, to catch typing mistakes.",
        ),
        *create_new_password_fields("password", "confirm_password", "Password"),
    ]


def _check_security(fields: dict[str, Field]) -> ErrorList:
    require_answers(fields.values())
    email, confirmation = fields["email"], fields["confirm_email"]
    addresses = [field.value.strip().casefold() for field in (email, confirmation)]
    result = check_email(email.value)
    if result.level == "impossible":
        email.show_error(result.message)
    elif all(addresses) and addresses[0] != addresses[1]:
        confirmation.show_error("The two email addresses are not the same.")
    check_new_password(fields["password"], fields["confirm_password"])
    return field_errors(fields.values())
