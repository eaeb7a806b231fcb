"""Signing in again on top of the current screen, which keeps its input."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.accounts import SessionOut, SessionState
from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, PasswordField, require_answers
from tui.accounts.code import CodeEntry, resend_code
from tui.accounts.resend import Resend
from tui.core.errors import PortalError, Refused
from tui.core.keychain import DEVICE_TOKEN
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput


class SignInAgain(AccountScreen):
    """Asks for the password, and a code if needed, then returns to the screen below."""

    LOCATION = "Sign in again"
    LINKS = (("Sign Out", Place(PlaceKind.SIGN_OUT)),)
    HELP_TEXT = "Your work stays as it is. {back} goes back to it without signing in."

    def __init__(self, email: str, reason: str) -> None:
        super().__init__()
        self._email = email
        self._reason = reason

    def body(self) -> ComposeResult:
        """Lay out the reason and the form."""
        yield Static(self._reason, classes="notice spaced", markup=False)
        yield ErrorSummary()
        with Vertical(id="again"):
            if self._email:
                yield Static(f"Email address: {self._email}", classes="notice", markup=False)
            else:
                yield Field("email", "Email address", LineInput(), required=True)
            yield PasswordField("password", "Password", help_text="Your password.")
            with Horizontal(classes="actions"):
                yield Action("Sign in", id="sign-in")

    def on_mount(self) -> None:
        """Focus the first field."""
        self.query(Field).first().focus_control()

    @on(Action.Pressed, "#sign-in")
    def _sign_in(self) -> None:
        fields = {field.name: field for field in self.query(Field)}
        missing = require_answers(fields.values())
        self.query_one(ErrorSummary).show(missing)
        if not missing:
            email = fields["email"].value.strip() if "email" in fields else self._email
            self.call(self._submit(email, fields["password"].value), on_error=self._on_error)

    async def _submit(self, email: str, password: str) -> None:
        device_token = await self.portal.keychain.get_or_create(DEVICE_TOKEN)
        session = await api.sign_in(self.portal.client, email, password, device_token)
        if session.state is SessionState.CODE_REQUIRED:
            self.portal.client.token = session.token
            await self.query_one("#again").remove_children()
            entry = CodeEntry(session)
            await self.query_one("#again").mount(entry)
            entry.field.focus_control()
        else:
            self._resume(session)

    def _resume(self, session: SessionOut) -> None:
        self.portal.session.renew(session)
        self.notify("You are signed in again. What you typed is kept.", markup=False)
        self.portal.navigation.leave()

    @on(Action.Pressed, "#verify")
    def _verify(self) -> None:
        field = self.query_one(CodeEntry).field
        missing = require_answers([field])
        self.query_one(ErrorSummary).show(missing)
        if not missing:
            self.call(self._send_code(field.value.strip()), on_error=self._on_error)

    async def _send_code(self, code: str) -> None:
        device_token = await self.portal.keychain.get_or_create(DEVICE_TOKEN)
        self._resume(await api.submit_code(self.portal.client, code, device_token))

    @on(Resend.Requested)
    def _resend(self) -> None:
        work = resend_code(self.portal, self.query_one(CodeEntry))
        self.call(work, on_error=self._on_error)

    def _on_error(self, error: PortalError) -> None:
        code_problems = {ProblemCode.WRONG_CODE, ProblemCode.INVALID_CODE, ProblemCode.TOO_SOON}
        if isinstance(error, Refused) and error.code in code_problems:
            self.query_one(CodeEntry).show_refusal(error)
            return
        field = self.query(Field).last()
        field.show_error(str(error))
        self.query_one(ErrorSummary).show([(field.name or "", str(error))])
