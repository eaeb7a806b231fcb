"""Resetting a forgotten password with an emailed link."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from shared.values.identifiers import check_email
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.fields import (
    check_new_password,
    create_new_password_fields,
    field_errors,
    show_errors_at_fields,
)
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput


class ForgottenPassword(AccountScreen):
    """Asks for the email address, then for the emailed link and a new password."""

    HELP_TEXT = (
        "We email a link with which you can set a new password, in a browser or here. The words "
        "on this screen are the same whether or not there is an account with that address."
    )

    def body(self) -> ComposeResult:
        """Lay out both steps, only one of which is visible."""
        yield Static("Forgot your password?", classes="title spaced", markup=False)
        yield ErrorSummary()
        with Vertical(id="ask"):
            yield Field(
                "email",
                "Email address",
                LineInput(max_length=254),
                required=True,
                help_text="The address you registered with.",
            )
            with Horizontal(classes="actions"):
                yield Action("Send me a link", id="send")
                yield Link("I have a link already", id="have")
        with Vertical(id="set"):
            yield Static("", id="sent", classes="notice", markup=False)
            yield Field(
                "token",
                "Link or code from the email",
                LineInput(max_length=2000),
                required=True,
                help_text="Paste the whole link, or only its last part. It works once.",
            )
            yield from create_new_password_fields("password", "confirm_password", "New password")
            yield Action("Set the new password", id="reset")

    def on_mount(self) -> None:
        """Show the first step."""
        self.query_one("#sent").display = False
        self._show("ask")

    def _show(self, step: str) -> None:
        for name in ("ask", "set"):
            self.query_one(f"#{name}").display = name == step
        self.query_one(f"#{step}").query(Field).first().focus_control()

    def action_back(self) -> None:
        """Go back to the first step, or leave the screen from there."""
        if self.query_one("#set").display:
            self._show("ask")
        else:
            super().action_back()

    @on(Action.Pressed, "#send")
    def _request_link(self) -> None:
        field = self.query_one("#field-email", Field)
        errors = require_answers([field])
        result = check_email(field.value)
        if result.level == "impossible":
            field.show_error(result.message)
            errors = [("email", result.message)]
        self.query_one(ErrorSummary).show(errors)
        if not errors:
            self.call(self._send(field.value.strip()), on_error=self._on_error)

    async def _send(self, email: str) -> None:
        await api.request_reset_link(self.portal.client, email)
        self.query_one("#sent").display = True
        self.query_one("#sent", Static).update(
            f"If there is an account with the address {email}, we have sent it an email with a "
            "link. Didn't receive it? Check your Spam or Junk folder."
        )
        self._show("set")

    @on(Link.Chosen, "#have")
    def _enter_link(self, event: Link.Chosen) -> None:
        event.stop()
        self.query_one(ErrorSummary).show([])
        self._show("set")

    @on(Action.Pressed, "#reset")
    def _reset(self) -> None:
        fields = list(self.query_one("#set").query(Field))
        token, password, confirmation = fields
        require_answers(fields)
        check_new_password(password, confirmation)
        errors = field_errors(fields)
        self.query_one(ErrorSummary).show(errors)
        if not errors:
            self.call(
                self._set_password(token.value.strip(), password.value), on_error=self._on_error
            )

    async def _set_password(self, token: str, password: str) -> None:
        await api.reset_password(self.portal.client, token, password)
        email = self.query_one("#field-email", Field).value.strip()
        self.portal.session.sign_in_email = email
        self.notify("Your password has been changed. Sign in with the new one.", markup=False)
        self.portal.navigation.start_at(Place(PlaceKind.SIGN_IN))

    def _on_error(self, error: PortalError) -> None:
        field_problems = error.errors if isinstance(error, Refused) else []
        errors = show_errors_at_fields(self.query(Field), field_problems)
        if isinstance(error, Refused) and error.code is ProblemCode.INVALID_LINK:
            self.query_one("#field-token", Field).show_error(str(error))
            errors = [("token", str(error))]
        self.query_one(ErrorSummary).show(errors or [("", str(error))])
