"""The first screen: sign in, or leave to register.

It is painted before anything that speaks to the server is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from shared.places import Place, PlaceKind
from tui.accounts.frame import AccountScreen, PasswordField, empty_fields
from tui.core.errors import PortalError, Refused, Unreachable
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link

if TYPE_CHECKING:
    from shared.accounts import PortalInfo

AGAIN = 3.0
"""Seconds before a retry if the server can't be reached at the start."""

WELCOME = "Welcome to the Professional Portal"
WHAT = (
    "Complete and submit advice for children and young people, with instant access to view draft "
    "or final EHC plans and other related documents."
)


class SignIn(AccountScreen):
    """Email and password; the rest appears once the server has answered."""

    HELP_TEXT = (
        "Sign in with the email address and the password that you registered with. If you have "
        "no account yet, choose Register."
    )

    def body(self) -> ComposeResult:
        """Lay out the welcome, the form, and the accounts of a demo."""
        yield Static(WELCOME, id="welcome", classes="title", markup=False)
        yield Static(WHAT, id="what", markup=False)
        with Horizontal(classes="words"):
            yield Static("Don't have an account? Please")
            yield Link("register", place=Place(PlaceKind.REGISTER), id="register")
        yield Static("", id="server", classes="notice", markup=False)
        yield ErrorSummary()
        yield Field(
            "email",
            "Email address",
            Input(placeholder="Your_email_Address@email.com"),
            required=True,
            help_text="The email address you registered with, for example name@school.example.",
        )
        yield PasswordField(
            "password",
            "Password",
            help_text="Your password. Choose Show, beside it, to see what you typed.",
        )
        with Horizontal(classes="actions"):
            yield Action("Sign in", id="sign-in")
            yield Link("Forgot your password?", place=Place(PlaceKind.FORGOTTEN), id="forgotten")
            yield Link("Activate an account", place=Place(PlaceKind.ACTIVATE))
            yield Link("Help", place=Place(PlaceKind.HELP_AND_SUPPORT))
        yield Vertical(id="demo")

    def on_mount(self) -> None:
        """Put the cursor into the form and ask the server who it is."""
        self.query_one("#server").display = False
        self.query_one("#field-email Input", Input).focus()
        if self.portal.info:
            self._show_info(self.portal.info)
        else:
            self.portal.when_painted(self._ask_info)

    def _ask_info(self) -> None:
        self.call(self._load_info(), group="info", on_error=self._no_info)

    async def _load_info(self) -> None:
        from tui.accounts import api

        self.portal.info = await api.portal_info(self.portal.client)
        self._show_info(self.portal.info)

    def _no_info(self, error: PortalError) -> None:
        words = str(error)
        if isinstance(error, Unreachable):
            words = (
                f"The portal at {self.portal.client.server} can't be reached just now. "
                "Trying again every few seconds."
            )
            self.set_timer(AGAIN, self._ask_info)
        self._show_server(words)

    def _show_server(self, words: str) -> None:
        line = self.query_one("#server", Static)
        line.update(f"! {words}" if words else "")
        line.display = bool(words)

    def _show_info(self, info: PortalInfo) -> None:
        self._show_server("")
        self.set_location(f"Professional Portal · {info.portal_name}")
        welcome = f"Welcome to the {info.portal_name} Professional Portal"
        self.query_one("#welcome", Static).update(welcome)
        self.query_one("#what", Static).update(info.welcome)
        self.refresh_bindings()
        if info.demo_accounts and not self.query(".demo-account"):
            lines = [
                Link(f"{one.name} · {one.role} · {one.email}", classes="demo-account")
                for one in info.demo_accounts
            ]
            title = Static(
                "This is a demo. Choose an account to fill the form in with:", markup=False
            )
            self.query_one("#demo").mount(title, *lines)

    @on(Link.Chosen, ".demo-account")
    def _fill(self, event: Link.Chosen) -> None:
        event.stop()
        lines = list(self.query(".demo-account"))
        assert self.portal.info is not None  # noqa: S101 - the lines came with it
        one = self.portal.info.demo_accounts[lines.index(event.link)]
        self.query_one("#field-email Input", Input).value = one.email
        self.query_one("#field-password Input", Input).value = one.password
        for field in self.query(Field):
            field.show_error("")
        self.query_one(ErrorSummary).show([])
        self.query_one("#sign-in").focus()

    @on(Input.Submitted, "#field-email Input")
    def _to_password(self) -> None:
        self.query_one("#field-password Input").focus()

    @on(Input.Submitted, "#field-password Input")
    @on(Action.Pressed, "#sign-in")
    def _sign_in(self) -> None:
        fields = list(self.query(Field))
        missing = empty_fields(fields)
        self.query_one(ErrorSummary).show(missing)
        if not missing:
            email, password = (field.value for field in fields)
            self.call(self._begin(email.strip(), password), on_error=self._refused)

    async def _begin(self, email: str, password: str) -> None:
        from tui.accounts import api

        self.portal.session.take(await api.sign_in(self.portal.client, email, password))

    def _refused(self, error: PortalError) -> None:
        from shared.problems import ProblemCode
        from tui.widgets.error_summary import show_field_errors

        errors = error.errors if isinstance(error, Refused) else []
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, str(error))
        if isinstance(error, Refused) and error.code is ProblemCode.WRONG_CREDENTIALS:
            self.query_one("#field-password", Field).show_error(str(error))
            self.query_one(ErrorSummary).show([("password", str(error))])
