"""The second step of signing in, with a code from an email or an app."""

from __future__ import annotations

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from shared.accounts import CODE_MINUTES, RESEND_SECONDS, SecondStep, SessionOut
from shared.places import Place, PlaceKind
from shared.problems import ProblemCode
from shared.values.days import format_time
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.resend import Resend
from tui.core.errors import PortalError, Refused
from tui.core.keychain import DEVICE_TOKEN
from tui.core.portal import Portal
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput


class CodeEntry(Vertical):
    """A field for the code, where it was sent, and a button to resend it."""

    def __init__(self, session: SessionOut) -> None:
        super().__init__(id="code-entry")
        self._session = session

    def compose(self) -> ComposeResult:
        """Lay out the field; only emailed codes can be resent."""
        by_email = self._session.second_step is SecondStep.EMAIL
        yield Static(self._instructions(), id="sent", classes="notice", markup=False)
        yield Field(
            "code",
            "Verification code",
            LineInput(max_length=40),
            required=True,
            help_text=(
                f"The 6 digits of the newest email; they work for {CODE_MINUTES} minutes."
                if by_email
                else "The 6 digits that your authenticator app shows for this portal."
            )
            + " You may enter one of your recovery codes instead.",
        )
        yield Action("Verify", id="verify")
        if by_email:
            yield Resend("Send a new code")

    def _instructions(self) -> str:
        if self._session.second_step is SecondStep.APP:
            return "Open your authenticator app and enter the 6 digits that it shows."
        return _sent_text(self._session.code_sent_to, self._session.code_sent_at)

    def show_sent(self, to: str, sent_at: datetime) -> None:
        """Show when and where the newest code was sent."""
        self.query_one("#sent", Static).update(_sent_text(to, sent_at))
        self.query_one(Resend).restart_countdown(RESEND_SECONDS)

    @property
    def field(self) -> Field:
        """The field for the code."""
        return self.query_one("#field-code", Field)

    def show_refusal(self, error: Refused) -> None:
        """Show why the code was rejected, or how long to wait before a resend."""
        if error.code is ProblemCode.TOO_SOON:
            self.query_one(Resend).restart_countdown(error.problem.retry_after or RESEND_SECONDS)
            return
        self.field.show_error(str(error))
        self.field.focus_control()
        # The next key or paste replaces the rejected code.
        self.field.query_one(Input).select_all()


def _sent_text(to: str | None, sent_at: datetime | None) -> str:
    where = f" to {to}" if to else ""
    when = f" at {format_time(sent_at)}" if sent_at else ""
    return (
        f"We sent a verification code{where}{when}. It may take a few moments to arrive, and "
        f"works for {CODE_MINUTES} minutes."
    )


async def resend_code(portal: Portal, entry: CodeEntry) -> None:
    """Request a new code, and show when it was sent."""
    code = await api.send_code(portal.client)
    entry.show_sent(code.sent_to, code.sent_at)


class EnterCode(AccountScreen):
    """Asks for the code of a session that needs its second step."""

    HELP_TEXT = (
        "Two step verification keeps what you read here safe. If you can't use your email or "
        "your app, enter one of your recovery codes. If you have none, contact us."
    )

    def __init__(self, session: SessionOut) -> None:
        super().__init__()
        self._session = session

    def body(self) -> ComposeResult:
        """Lay out the field for the code."""
        yield Static("Enter your verification code", classes="title spaced", markup=False)
        yield ErrorSummary()
        yield CodeEntry(self._session)
        yield Static(
            "Can't get a code? Enter one of your recovery codes in the same box.",
            classes="notice spaced",
            markup=False,
        )
        with Horizontal(classes="actions"):
            yield Link("Sign in as someone else", place=Place(PlaceKind.SIGN_IN))
            yield Link("Contact us", place=Place(PlaceKind.HELP_AND_SUPPORT))

    def on_mount(self) -> None:
        """Focus the field for the code."""
        self.query_one(CodeEntry).field.focus_control()

    @on(Action.Pressed, "#verify")
    def _verify(self) -> None:
        entry = self.query_one(CodeEntry)
        missing = require_answers([entry.field])
        self.query_one(ErrorSummary).show(missing)
        if not missing:
            self.call(self._send_code(entry.field.value.strip()), on_error=self._on_error)

    async def _send_code(self, code: str) -> None:
        device_token = await self.portal.keychain.get_or_create(DEVICE_TOKEN)
        session = await api.submit_code(self.portal.client, code, device_token)
        self.portal.session.start(session)

    @on(Resend.Requested)
    def _resend(self) -> None:
        work = resend_code(self.portal, self.query_one(CodeEntry))
        self.call(work, on_error=self._on_error)

    def _on_error(self, error: PortalError) -> None:
        code_problems = {ProblemCode.WRONG_CODE, ProblemCode.INVALID_CODE, ProblemCode.TOO_SOON}
        if isinstance(error, Refused) and error.code in code_problems:
            self.query_one(CodeEntry).show_refusal(error)
        elif isinstance(error, Refused) and error.code is ProblemCode.SIGN_IN_REQUIRED:
            self.portal.session.sign_out()
            self.notify("That took too long. Sign in again for a new code.", markup=False)
        else:
            self.query_one(ErrorSummary).show([("code", str(error))])
