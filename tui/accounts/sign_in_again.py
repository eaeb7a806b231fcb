"""Signing in again on top of the current screen, which keeps its input."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.accounts import SecondStep, SessionOut, SessionState
from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import (
    AccountScreen,
    PasswordField,
    ProviderLink,
    require_answers,
)
from tui.accounts.code import CodeEntry, resend_code
from tui.accounts.provider_sign_in import ProviderSignIn
from tui.accounts.resend import Resend
from tui.core.errors import PortalError, Refused
from tui.core.keychain import DEVICE_TOKEN
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput

ANOTHER_ACCOUNT = "You signed in as somebody else. Sign in as {}, or choose Sign Out."
NO_PROVIDERS = "Your organisation's sign-in is not available here any more. Choose Sign Out."


class SignInAgain(AccountScreen):
    """Asks for the password, and a code if needed, then returns to the screen below."""

    LOCATION = "Sign in again"
    LINKS = (("Sign Out", Place(PlaceKind.SIGN_OUT)),)
    HELP_TEXT = "Your work stays as it is. {back} goes back to it without signing in."

    def __init__(self, email: str, reason: str) -> None:
        super().__init__()
        self._email = email
        self._reason = reason
        self._renewals: int | None = None

    def body(self) -> ComposeResult:
        """Lay out the reason and the form."""
        yield Static(self._reason, classes="notice spaced", markup=False)
        yield ErrorSummary()
        with Vertical(id="again"):
            if self._uses_provider:
                return
            if self._email:
                yield Static(f"Email address: {self._email}", classes="notice", markup=False)
            else:
                yield Field("email", "Email address", LineInput(), required=True)
            yield PasswordField("password", "Password", help_text="Your password.")
            with Horizontal(classes="actions"):
                yield Action("Sign in", id="sign-in")

    def on_screen_resume(self) -> None:
        """Close if the user has signed in again meanwhile, on another screen like this."""
        renewals = self.portal.session.renewals
        if self._renewals is None:
            self._renewals = renewals
        elif renewals != self._renewals and self.is_on_top:
            self.portal.navigation.leave()

    def on_mount(self) -> None:
        """Focus the first field, or offer the providers."""
        if self._uses_provider:
            self.call(self._offer_providers())
        else:
            self.query(Field).first().focus_control()

    @property
    def _uses_provider(self) -> bool:
        account = self.portal.session.account
        return account is not None and account.second_step is SecondStep.PROVIDER

    async def _offer_providers(self) -> None:
        if self.portal.info is None:
            self.portal.info = await api.get_portal_info(self.portal.client)
        links = [ProviderLink(provider) for provider in self.portal.info.providers]
        if links:
            await self.query_one("#again").mount(*links)
            links[0].focus()
        else:
            await self.query_one("#again").mount(
                Static(NO_PROVIDERS, classes="notice", markup=False)
            )

    @on(Link.Chosen, ".provider")
    def _sign_in_by_provider(self, event: Link.Chosen) -> None:
        event.stop()
        assert isinstance(event.link, ProviderLink)  # noqa: S101 - the only links of this class
        self.app.push_screen(ProviderSignIn(event.link.provider, self._resume_by_provider))

    def _resume_by_provider(self, session: SessionOut) -> None:
        """Go on, unless somebody else has signed in: what was typed here is not theirs."""
        self.portal.navigation.leave()
        account = self.portal.session.account
        if session.account and account and session.account.id == account.id:
            self._resume(session)
            return
        self.query_one(ErrorSummary).show([("again", ANOTHER_ACCOUNT.format(self._email))])
        self.call(self._end(session))

    async def _end(self, session: SessionOut) -> None:
        """End the session of another account."""
        self.portal.client.token = session.token
        try:
            await self.portal.client.send("DELETE", "/v1/session")
        finally:
            self.portal.client.token = None

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
