"""Signing in by a provider: open an address in a browser, then type the number it shows."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from shared.accounts import (
    CODE_LENGTH,
    CODE_MINUTES,
    ProviderSignInState,
    SessionOut,
    SignInProvider,
)
from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen, require_answers
from tui.accounts.set_up_authenticator import QrCode
from tui.core.errors import PortalError, Refused, is_transient
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.states import coloured_content

POLL_SECONDS = 2.0
WAITING = "Waiting for your sign-in in the browser…"


class ProviderSignIn(AccountScreen):
    """Shows the address to open, waits for the browser, and asks for its number.

    `on_session` is called with the session.
    """

    HELP_TEXT = (
        "Open the address in a browser, on this computer or on your phone, and sign in there. The "
        "browser then shows a number to enter here. {back} goes back without signing in."
    )

    def __init__(self, provider: SignInProvider, on_session: Callable[[SessionOut], None]) -> None:
        super().__init__()
        self._provider = provider
        self._on_session = on_session
        self._sign_in: UUID | None = None
        self._url = ""

    def body(self) -> ComposeResult:
        """Lay out both steps, only one of which is visible."""
        yield Static(f"Sign in with {self._provider.label}", classes="title spaced", markup=False)
        yield ErrorSummary()
        with Vertical(id="open"):
            yield Static("1. Open this address in a browser, and sign in there:", markup=False)
            yield Static("", id="url", classes="title spaced", markup=False)
            with Horizontal(classes="actions spaced"):
                yield Action("Copy the address", id="copy")
                yield SecondaryAction("Show it as a QR code", id="show-qr")
            yield Static(
                f"2. The browser then shows a number of {CODE_LENGTH} digits. Come back here to "
                "enter it.",
                classes="notice",
                markup=False,
            )
            yield Static(WAITING, id="waiting", classes="notice", markup=False)
        with Vertical(id="number"):
            yield Field(
                "number",
                "Number that the browser shows",
                LineInput(max_length=40),
                required=True,
                help_text=(
                    f"{CODE_LENGTH} digits. They work once, for {CODE_MINUTES} minutes. Enter only "
                    "a number that your own browser shows."
                ),
            )
            yield Action("Sign in", id="finish")
        with Vertical(id="failed"):
            yield Static("", id="failure", classes="notice wrong", markup=False)
            yield Action("Start again", id="again")

    def on_mount(self) -> None:
        """Start the sign-in."""
        self._show("")
        self._start()

    def _show(self, part: str) -> None:
        for name in ("open", "number", "failed"):
            self.query_one(f"#{name}").display = name == part

    @on(Action.Pressed, "#again")
    def _start(self) -> None:
        self.call(
            self._request(), group="start", on_error=lambda error: self._show_failure(str(error))
        )

    async def _request(self) -> None:
        self._sign_in = uuid4()
        client = self.portal.client
        result = await api.start_provider_sign_in(client, self._sign_in, self._provider.name)
        self._url = result.url
        self.query_one("#url", Static).update(result.url)
        self._show("open")
        self.query_one("#copy").focus()
        self._poll_later()

    def _poll_later(self) -> None:
        self.set_timer(POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        if self._sign_in is not None:
            self.call(self._check(self._sign_in), group="poll", on_error=self._on_poll_error)

    async def _check(self, sign_in: UUID) -> None:
        result = await api.get_provider_sign_in(self.portal.client, sign_in)
        self.query_one("#waiting", Static).update(WAITING)
        if result.state is ProviderSignInState.WAITING:
            self._poll_later()
        elif result.state is ProviderSignInState.FAILED:
            self._show_failure(result.failure)
        else:
            self._close_qr_code()
            self._show("number")
            self.query_one(Field).focus_control()

    def _on_poll_error(self, error: PortalError) -> None:
        if is_transient(error):
            self.query_one("#waiting", Static).update(coloured_content(f"! {error}"))
            self._poll_later()
        else:
            self._show_failure(str(error))

    def _close_qr_code(self) -> None:
        if isinstance(self.app.screen, QrCode):
            self.app.pop_screen()

    def _show_failure(self, text: str) -> None:
        self._sign_in = None
        self._close_qr_code()
        self.query_one(ErrorSummary).show([])
        self.query_one("#failure", Static).update(f"✗ {text}")
        self._show("failed")
        self.query_one("#again").focus()

    @on(Action.Pressed, "#copy")
    def _copy(self) -> None:
        self.app.copy_to_clipboard(self._url)
        self.notify("Copied, if your terminal allows it.", markup=False)

    @on(Action.Pressed, "#show-qr")
    def _show_qr(self) -> None:
        self.app.push_screen(QrCode(self._url))

    @on(Action.Pressed, "#finish")
    def _finish(self) -> None:
        field = self.query_one(Field)
        message = "Enter the number that the browser shows." if require_answers([field]) else ""
        self._show_error(message)
        if not message:
            self.send(self._submit(field.value), self._on_error)

    async def _submit(self, number: str) -> None:
        assert self._sign_in is not None  # noqa: S101 - set before the number is asked for
        client = self.portal.client
        self._on_session(await api.finish_provider_sign_in(client, self._sign_in, number))

    def _on_error(self, error: PortalError) -> None:
        if isinstance(error, Refused) and error.code is ProblemCode.WRONG_CODE:
            field = self.query_one(Field)
            field.show_error(str(error))
            field.focus_control()
            # The next key or paste replaces the rejected number.
            field.query_one(Input).select_all()
        elif is_transient(error):
            self._show_error(str(error))
        else:
            self._show_failure(str(error))

    def _show_error(self, message: str) -> None:
        self.query_one(Field).show_error(message)
        self.query_one(ErrorSummary).show([("number", message)] if message else [])
