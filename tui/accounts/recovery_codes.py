"""Dialog that shows new recovery codes."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.accounts import SecondStepOut
from tui.core.portal import Portal
from tui.widgets.dialog import Action, Dialog, SecondaryAction

INSTRUCTIONS = (
    "Each of these codes lets you in once when you can't get a verification code. Write them "
    "down or copy them to a safe place now: they are not shown again."
)

SIGN_IN_AGAIN = (
    "Two step verification is on. Sign in again with your password; the code is asked for next."
)


class RecoveryCodes(Dialog[None]):
    """Shows recovery codes until the user confirms storing them; Esc does not close it."""

    CSS_PATH = "accounts.tcss"

    def __init__(self, codes: list[str]) -> None:
        super().__init__()
        self._codes = codes

    def compose(self) -> ComposeResult:
        """Lay out the codes in two columns."""
        half = -(-len(self._codes) // 2)
        rows = zip(self._codes[:half], [*self._codes[half:], ""], strict=False)
        lines = "\n".join(f"{left:<24}{right}" for left, right in rows)
        with Vertical(classes="dialog"):
            yield Static("Your recovery codes", classes="title", markup=False)
            yield Static(INSTRUCTIONS, classes="text", markup=False)
            yield Static(lines, id="codes", markup=False)
            with Horizontal(classes="actions"):
                yield Action("I have kept them", id="kept")
                yield SecondaryAction("Copy", id="copy")

    @on(Action.Pressed, "#copy")
    def _copy(self) -> None:
        self.app.copy_to_clipboard("\n".join(self._codes))
        self.notify("Copied, if your terminal allows it.", markup=False)

    @on(Action.Pressed, "#kept")
    def _confirm(self) -> None:
        self.dismiss(None)


def finish_second_step(widget: Widget, portal: Portal, result: SecondStepOut) -> None:
    """Show the new recovery codes, then the sign-in form, because all sessions have ended."""

    def on_closed(_: None) -> None:
        if account := portal.session.account:
            portal.session.sign_in_email = account.email
        portal.session.sign_out()
        widget.app.notify(SIGN_IN_AGAIN, markup=False)

    widget.app.push_screen(RecoveryCodes(result.recovery_codes), on_closed)
