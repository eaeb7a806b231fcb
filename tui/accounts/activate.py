"""Activating an account with the link or code from the email."""

from __future__ import annotations

from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.accounts import RESEND_SECONDS, RegistrationOut
from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from shared.values.days import format_time
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.resend import Resend
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.states import coloured_content

SPAM = (
    "Didn't receive the email? Check your Spam or Junk folder. If you still don't see the email "
    "you will need to contact us."
)


class Activate(AccountScreen):
    """Asks for the activation code, right after registering or later."""

    HELP_TEXT = (
        "The link opens in a browser. If you have none, copy the link or its code from the "
        "email and paste it here. The link works once, within 24 hours."
    )

    def __init__(
        self, registration: UUID | None = None, activation_email: RegistrationOut | None = None
    ) -> None:
        super().__init__()
        self._registration = registration
        self._activation_email = activation_email

    def body(self) -> ComposeResult:
        """Lay out the instructions and the input."""
        yield Static("Activate your account", classes="title spaced", markup=False)
        yield ErrorSummary()
        with Vertical(id="to-do"):
            yield Static(self._instructions(), id="sent", classes="notice", markup=False)
            yield Static(SPAM, classes="notice", markup=False)
            with Horizontal(classes="actions spaced"):
                yield Link("Contact us", place=Place(PlaceKind.HELP_AND_SUPPORT))
            if self._registration:
                yield Resend("Send the email again")
            yield Field(
                "token",
                "Link or code from the email",
                LineInput(max_length=2000),
                required=True,
                help_text="Paste the whole link, or only its last part.",
            )
            yield Action("Activate", id="activate")
        with Vertical(id="done"):
            yield Static(
                coloured_content(
                    "✓ Your account has been created. Your email address is your user name."
                ),
                classes="notice",
            )
            yield Action("Sign in", id="sign-in")

    def on_mount(self) -> None:
        """Focus the input."""
        self.query_one("#done").display = False
        self.query_one("#field-token", Field).focus_control()

    def _instructions(self) -> str:
        email = self._activation_email
        if email is None:
            return (
                "Open the link in the email we sent you, or paste the link or its code here, to "
                "confirm your email address as your user name."
            )
        return (
            f"We've sent an email to {email.email} at {format_time(email.sent_at)} "
            "with a link to activate your account. Open the link, or paste it below, to confirm "
            "your email address as your user name."
        )

    @on(Action.Pressed, "#activate")
    def _activate(self) -> None:
        field = self.query_one("#field-token", Field)
        missing = ""
        if require_answers([field]):
            missing = "Paste the link or the code from the email."
            field.show_error(missing)
        self.query_one(ErrorSummary).show([("token", missing)] if missing else [])
        if not missing:
            self.call(self._send(field.value.strip()), on_error=self._on_error)

    async def _send(self, link_or_code: str) -> None:
        await api.activate(self.portal.client, link_or_code)
        self.query_one("#to-do").display = False
        self.query_one("#done").display = True
        self.query_one("#sign-in").focus()

    def _on_error(self, error: PortalError) -> None:
        if isinstance(error, Refused) and error.code is ProblemCode.TOO_SOON:
            self.query_one(Resend).restart_countdown(error.problem.retry_after or RESEND_SECONDS)
            return
        self.query_one("#field-token", Field).show_error(str(error))
        self.query_one(ErrorSummary).show([("token", str(error))])

    @on(Resend.Requested)
    def _resend(self) -> None:
        self.call(self._send_email(), on_error=self._on_error)

    async def _send_email(self) -> None:
        assert self._registration is not None  # noqa: S101 - the button is shown only then
        self._activation_email = await api.send_activation(self.portal.client, self._registration)
        self.query_one("#sent", Static).update(self._instructions())
        self.query_one(Resend).restart_countdown(RESEND_SECONDS)

    @on(Action.Pressed, "#sign-in")
    def _open_sign_in(self) -> None:
        self.portal.navigation.start_at(Place(PlaceKind.SIGN_IN))
