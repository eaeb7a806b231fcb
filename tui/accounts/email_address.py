"""The Email address section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from shared.accounts import AccountOut
from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import require_answers
from tui.accounts.section import Section
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

SENT = "An email was sent to {}. Paste its code below, within an hour."
CHANGED = "Your email address is now {}. You are signed out everywhere else."


class EmailSection(Section):
    """Changes the email address, once a code sent to the new one is entered."""

    SAVES = True

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="email")
        self._account = account

    def compose(self) -> ComposeResult:
        """Lay out the new address above the code that confirms it."""
        yield ErrorSummary()
        yield Static("", id="email-now", classes="notice", markup=False)
        yield Field(
            "email",
            "New email address",
            LineInput(max_length=254, compact=True),
            required=True,
            help_text="We email a code to it. Your present address is told too.",
        )
        yield Action("Send a code", id="send-code")
        yield Static("", id="email-sent", classes="notice", markup=False)
        yield Field(
            "code",
            "Code from the email",
            LineInput(compact=True),
            required=True,
            help_text="From then on you sign in with the new address. You are signed out "
            "everywhere else. If your organisation was confirmed by your email address, it may "
            "need to be confirmed again.",
        )
        yield SecondaryAction("Confirm", id="confirm-email")

    async def refresh_section(self) -> None:
        """Show the present address."""
        self.query_one("#email-now", Static).update(f"Email address: {self._account.email}")

    def save(self) -> None:
        """Confirm with the code if one was entered, else ask for one."""
        if self.query_one("#field-code", Field).value.strip():
            self._confirm()
        else:
            self._ask()

    @on(Action.Pressed, "#send-code")
    def _ask(self) -> None:
        if field := self._answered("email"):
            self.send(self._send_email(field.value.strip()))

    @on(Action.Pressed, "#confirm-email")
    def _confirm(self) -> None:
        if field := self._answered("code"):
            self.send(self._send_code(field.value.strip()))

    def _answered(self, name: str) -> Field | None:
        """Return a field, or None after showing that it is empty."""
        field = self.query_one(f"#field-{name}", Field)
        for other in self.fields():
            other.show_error("")
        errors = require_answers([field])
        self.show_errors(errors)
        return None if errors else field

    async def _send_email(self, email: str) -> None:
        change = await api.request_email_change(self.portal.client, email)
        self.query_one("#email-sent", Static).update(SENT.format(change.email))
        self.query_one("#field-code", Field).focus_control()

    async def _send_code(self, code: str) -> None:
        self._account = await api.confirm_email_change(self.portal.client, code)
        self.portal.session.account = self._account
        for field in self.fields():
            if isinstance(field.control, LineInput):
                field.control.value = ""
        self.query_one("#email-sent", Static).update("")
        await self.refresh_section()
        self.notify(CHANGED.format(self._account.email), markup=False)

    def show_refusal(self, error: PortalError) -> None:
        """Show a refused code at its field."""
        if isinstance(error, Refused) and error.code is ProblemCode.INVALID_LINK:
            self.query_one("#field-code", Field).show_error(str(error))
            self.show_errors([("code", str(error))])
        else:
            super().show_refusal(error)
