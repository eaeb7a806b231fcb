"""Setting up an authenticator app with a secret or QR code."""

from __future__ import annotations

from io import StringIO
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from shared.accounts import CODE_LENGTH, AppSecret, SecondStep
from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.recovery_codes import finish_second_step
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SIGNED_IN_LINKS

GROUP_LENGTH = 4
MAX_QR_LINES = 24


class SetUpAuthenticator(AccountScreen):
    """Shows the secret, and asks for a code from the app to confirm it."""

    LOCATION = "My Account › Two step verification"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = (
        "Add an account in your authenticator app, either by the QR code or by typing the secret. "
        "Then enter the 6 digits that the app shows. {back} goes back and changes nothing."
    )

    def __init__(self, secret: AppSecret) -> None:
        super().__init__()
        self._secret = secret

    def body(self) -> ComposeResult:
        """Lay out the secret above the field for the code."""
        secret = self._secret.secret
        groups = [
            secret[start : start + GROUP_LENGTH] for start in range(0, len(secret), GROUP_LENGTH)
        ]
        yield Static("Set up your authenticator app", classes="title spaced", markup=False)
        yield ErrorSummary()
        yield Static("1. Add this secret to your app:", markup=False)
        yield Static(" ".join(groups), id="secret", classes="title spaced", markup=False)
        with Horizontal(classes="actions spaced"):
            yield SecondaryAction("Show it as a QR code", id="show-qr")
        yield Field(
            "code",
            f"2. Enter the {CODE_LENGTH} digits that the app shows",
            LineInput(max_length=10),
            required=True,
            help_text="It changes every half minute; enter the newest.",
        )
        yield Static(
            "You will be signed out to save these changes, and then sign in again with a code.",
            classes="notice",
            markup=False,
        )
        with Horizontal(classes="actions"):
            yield Action("Save", id="save")

    def on_mount(self) -> None:
        """Focus the field for the code."""
        self.query_one(Field).focus_control()

    @on(Action.Pressed, "#show-qr")
    def _show_qr(self) -> None:
        self.app.push_screen(QrCode(self._secret.uri))

    @on(Action.Pressed, "#save")
    def _save(self) -> None:
        field = self.query_one(Field)
        message = ""
        if require_answers([field]):
            message = f"Enter the {CODE_LENGTH} digits that the app shows."
        self._show_error(message)
        if not message:
            code = field.value.replace(" ", "")
            self.call(self._send(code), on_error=self._on_error)

    async def _send(self, code: str) -> None:
        result = await api.set_second_step(self.portal.client, SecondStep.APP, code)
        finish_second_step(self, self.portal, result)

    def _on_error(self, error: PortalError) -> None:
        code_problems = {ProblemCode.WRONG_CODE, ProblemCode.INVALID_CODE, ProblemCode.INVALID}
        if isinstance(error, Refused) and error.code in code_problems:
            self._show_error(str(error))
        else:
            self.portal.show_error(error)

    def _show_error(self, message: str) -> None:
        self.query_one(Field).show_error(message)
        self.query_one(ErrorSummary).show([("code", message)] if message else [])


class QrCode(Dialog[None]):
    """A QR code on a separate screen, because it needs most of 24 lines."""

    CSS_PATH = "accounts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("qr.close", "escape,enter,space", "close", "close", "Close the QR code."),
    ]

    def __init__(self, uri: str) -> None:
        super().__init__()
        self._uri = uri

    def compose(self) -> ComposeResult:
        """Show the QR code dark on light, or how many lines it needs."""
        text = render_qr_code(self._uri)
        lines = len(text.splitlines())
        if lines > self.app.size.height:
            text = f"The QR code needs {lines} lines: make the terminal taller, or close this."
        yield Static(Text(text, style="#000000 on #ffffff"), id="qr")

    def action_close(self) -> None:
        """Close the QR code."""
        self.dismiss(None)


def render_qr_code(uri: str) -> str:
    """Render a QR code in half blocks; up to version 7 (154 bytes) it fits in 24 lines."""
    import segno

    code = segno.make(uri, error="l", boost_error=False, micro=False)
    output = StringIO()
    code.save(
        output, kind="txt", border=2 if code.symbol_size(border=2)[1] <= 2 * MAX_QR_LINES else 1
    )
    rows = output.getvalue().split()
    if len(rows) % 2:
        rows.append("0" * len(rows[0]))
    blocks = {"00": " ", "10": "▀", "01": "▄", "11": "█"}
    return "\n".join(
        "".join(blocks[above + below] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
