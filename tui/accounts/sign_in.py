"""The first screen, for signing in.

It is painted before the HTTP client's dependencies are imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from shared.places import Place, PlaceKind
from tui.accounts.account_screen import (
    AccountScreen,
    PasswordField,
    ProviderLink,
    require_answers,
)
from tui.core.errors import PortalError, Refused, Unreachable, Untrusted
from tui.core.keychain import DEVICE_TOKEN
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.states import coloured_content

if TYPE_CHECKING:
    from shared.accounts import PortalInfo

RETRY_SECONDS = 3.0
"""Interval between attempts to reach the server."""

NO_MAIL = (
    "This portal sends no email. To get an account or a new password, contact {}. Emailed codes do "
    "not work; authenticator apps do."
)
UNENCRYPTED = (
    "The connection to {} is not encrypted: others on the network can read what you send, your "
    "password too. Ask the authority for an address that begins with https://."
)
WELCOME = "Welcome to the Professional Portal"
INTRO = (
    "Complete and submit advice for children and young people, with instant access to view draft "
    "or final EHC plans and other related documents."
)


DEMO = (
    "This is a demo. Files are not checked for viruses. Server: {}. Choose an account to fill in "
    "the form:"
)


class SignIn(AccountScreen):
    """The sign-in form; the portal's name and texts appear once the server responds."""

    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Sign in with the email address and the password that you registered with. If you have "
        "no account yet, choose Register. If your organisation has its own sign-in, choose it "
        "below the form instead: you then need no password for the portal."
    )

    def body(self) -> ComposeResult:
        """Lay out the welcome text, the form and the demo's accounts."""
        yield Static(WELCOME, id="welcome", classes="title", markup=False)
        yield Static(INTRO, id="introduction", markup=False)
        with Horizontal(classes="words"):
            yield Static("Don't have an account?")
            yield Link("Please register", place=Place(PlaceKind.REGISTER), id="register")
        yield Static("", id="server", classes="notice", markup=False)
        yield Static("", id="notices", classes="notice", markup=False)
        yield ErrorSummary()
        yield Field(
            "email",
            "Email address",
            LineInput(placeholder="Your_email_Address@email.com"),
            required=True,
            help_text="The email address you registered with, for example name@school.example.",
        )
        yield PasswordField(
            "password",
            "Password",
            help_text="Your password. {password.show} shows or hides it.",
        )
        with Horizontal(classes="actions"):
            yield Action("Sign in", id="sign-in")
            yield Link("Forgot your password?", place=Place(PlaceKind.FORGOTTEN), id="forgotten")
            yield Link("Activate an account", place=Place(PlaceKind.ACTIVATE))
            yield Link("Help", place=Place(PlaceKind.HELP_AND_SUPPORT))
        yield Vertical(id="providers")
        yield Vertical(id="demo")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable no way back, as there is no place before this one."""
        return action != "back" and super().check_action(action, parameters)

    def on_mount(self) -> None:
        """Focus the form and load the portal info."""
        self.query_one("#server").display = False
        self.query_one("#notices").display = False
        self.portal.after_first_paint(self._start_checks)
        email = self.query_one("#field-email Input", Input)
        email.value = self.portal.session.sign_in_email
        self.query_one("#field-password" if email.value else "#field-email", Field).control.focus()
        if self.portal.info:
            self._show_info(self.portal.info)
        else:
            self.portal.after_first_paint(self._request_info)

    def _start_checks(self) -> None:
        self.run_worker(self._show_notices(), group="notices", exit_on_error=False)

    async def _show_notices(self) -> None:
        """Warn about an unencrypted connection and ignored settings."""
        from tui.core.settings import is_unencrypted

        notices = [await self.portal.check_settings()]
        if is_unencrypted(self.portal.client.server):
            notices.insert(0, UNENCRYPTED.format(self.portal.client.server))
        line = self.query_one("#notices", Static)
        line.update(coloured_content("\n".join(f"! {notice}" for notice in notices if notice)))
        line.display = any(notices)

    def _request_info(self) -> None:
        self.call(self._load_info(), group="info", on_error=self._show_info_error)

    async def _load_info(self) -> None:
        from tui.accounts import api

        self.portal.info = await api.get_portal_info(self.portal.client)
        self._show_info(self.portal.info)

    def _show_info_error(self, error: PortalError) -> None:
        text = str(error)
        if isinstance(error, Unreachable | Untrusted):
            self.set_timer(RETRY_SECONDS, self._request_info)
        if isinstance(error, Unreachable):
            text = (
                f"The portal at {self.portal.client.server} can't be reached just now. "
                "Trying again every few seconds."
            )
        self._show_server(text)

    def _show_server(self, text: str) -> None:
        line = self.query_one("#server", Static)
        line.update(coloured_content(f"! {text}" if text else ""))
        line.display = bool(text)

    def _show_info(self, info: PortalInfo) -> None:
        self._show_server("" if info.sends_mail else NO_MAIL.format(info.contact_email))
        self.set_location(f"Professional Portal · {info.portal_name}")
        welcome = f"Welcome to the {info.portal_name} Professional Portal"
        self.query_one("#welcome", Static).update(welcome)
        self.query_one("#introduction", Static).update(info.welcome)
        self.refresh_bindings()
        if info.providers and not self.query(ProviderLink):
            self.query_one("#providers").mount(*map(ProviderLink, info.providers))
        if info.demo_accounts and not self.query(".demo-account"):
            links = [
                Link(
                    f"{demo_account.name} · {demo_account.role} · {demo_account.email}",
                    classes="demo-account",
                )
                for demo_account in info.demo_accounts
            ]
            title = Static(DEMO.format(self.portal.client.server), markup=False)
            self.query_one("#demo").mount(title, *links)

    @on(Link.Chosen, ".demo-account")
    def _use_demo_account(self, event: Link.Chosen) -> None:
        event.stop()
        links = list(self.query(".demo-account"))
        assert self.portal.info is not None  # noqa: S101 - the links were built from it
        demo_account = self.portal.info.demo_accounts[links.index(event.link)]
        self.query_one("#field-email Input", Input).value = demo_account.email
        self.query_one("#field-password Input", Input).value = demo_account.password
        for field in self.query(Field):
            field.show_error("")
        self.query_one(ErrorSummary).show([])
        self.query_one("#sign-in").focus()

    @on(Link.Chosen, ".provider")
    def _sign_in_by_provider(self, event: Link.Chosen) -> None:
        from tui.accounts.provider_sign_in import ProviderSignIn

        event.stop()
        assert isinstance(event.link, ProviderLink)  # noqa: S101 - the only links of this class
        self.app.push_screen(ProviderSignIn(event.link.provider, self.portal.session.start))

    @on(Action.Pressed, "#sign-in")
    def _sign_in(self) -> None:
        fields = list(self.query(Field))
        missing = require_answers(fields)
        self.query_one(ErrorSummary).show(missing)
        if not missing:
            email, password = (field.value for field in fields)
            self.call(self._submit(email.strip(), password), on_error=self._on_error)

    async def _submit(self, email: str, password: str) -> None:
        from tui.accounts import api

        device_token = await self.portal.keychain.get_or_create(DEVICE_TOKEN)
        session = await api.sign_in(self.portal.client, email, password, device_token)
        self.portal.session.start(session)

    def _on_error(self, error: PortalError) -> None:
        from shared.problems import ProblemCode
        from tui.widgets.error_summary import show_field_errors

        errors = error.errors if isinstance(error, Refused) else []
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, str(error))
        if isinstance(error, Refused) and error.code is ProblemCode.WRONG_CREDENTIALS:
            self.query_one("#field-password", Field).show_error(str(error))
            self.query_one(ErrorSummary).show([("password", str(error))])
