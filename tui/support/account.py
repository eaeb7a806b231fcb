"""Support desk screens for an account and for a registration."""

from __future__ import annotations

from collections.abc import Coroutine
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from shared.accounts import SecondStep
from shared.support import STATE_LABELS, STATE_SIGNS, AccountDetails, AccountEvent, AccountState
from shared.values.days import format_datetime
from tui.accounts.account_screen import STYLES, AccountScreen
from tui.accounts.api import get_portal_info
from tui.support import api
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SIGNED_IN_LINKS
from tui.widgets.states import coloured_content

SECOND_STEP_LABELS = {
    SecondStep.NONE: "Two step verification is off",
    SecondStep.EMAIL: "Codes by email",
    SecondStep.APP: "Authenticator app",
    SecondStep.PROVIDER: "Signs in by its organisation",
}
MIN_LENGTH = 10
IDENTITY_LABEL = "How did you check who is asking?"
IDENTITY_HINT = "For example: called back on the number that the school publishes. It is kept."
TOO_SHORT = f"Say how you checked their identity, in {MIN_LENGTH} letters or more."

CONFIRMATIONS = {
    "reset": (
        "Switch the second step off?",
        "The owner is signed out everywhere. They must switch it on again before they reach a "
        "child. {notice}",
    ),
    "end": ("Sign out everywhere?", "What was not saved stays on the owner's machine."),
    "disable": (
        "Disable this account?",
        "Its sessions end and nobody can sign in with it. It can be enabled again. {notice}",
    ),
}
"""Confirmation questions, by action."""
NOTICE = "The owner gets an email."
NO_MAIL = "This portal sends no email: let the owner know."


class SupportAccount(AccountScreen):
    """Shows an account's state and recent events, with the actions of support."""

    CSS_PATH = [STYLES, "support.tcss"]
    LOCATION = "Professional Portal › Support desk"
    LINKS = SIGNED_IN_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = "{next} moves between the actions, Enter does one. Nothing here is about a child."

    def __init__(self, account: str) -> None:
        super().__init__()
        self._account = UUID(account)
        self._sends_mail = True

    def body(self) -> ComposeResult:
        """Lay out the state, the actions, and the recent events."""
        yield Static("", id="who", classes="title", markup=False)
        yield Static("", id="how", classes="notice", markup=False)
        yield Static("", id="call", classes="notice", markup=False)
        with Vertical(id="set"):
            yield Action("Unlock: let them try again now", id="unlock")
            yield SecondaryAction("Sign out everywhere", id="end")
            yield SecondaryAction("Disable the account", id="disable")
            yield SecondaryAction("Enable the account", id="enable")
            yield Field(
                "identity",
                IDENTITY_LABEL,
                LineInput(max_length=1000, compact=True),
                hint=IDENTITY_HINT,
            )
            yield SecondaryAction("Switch the second step off", id="reset")
        yield Static("\nRecent activity", classes="title", markup=False)
        yield Static("", id="events", classes="notice", markup=False)

    def on_mount(self) -> None:
        """Load the account."""
        self.query_one("#set").display = False
        self.call(self._load())

    async def _load(self) -> None:
        account = await api.read_account(self.portal.client, self._account)
        info = self.portal.info or await get_portal_info(self.portal.client)
        self._sends_mail = info.sends_mail
        focused = self.focused
        self.query_one("#who", Static).update(f"{account.name} · {account.email}")
        self.query_one("#how", Static).update(coloured_content(_format_state(account)))
        self.query_one("#call", Static).update(_format_numbers(account))
        self.query_one("#unlock").display = account.waiting
        is_disabled = account.state is AccountState.DISABLED
        has_no_second_step = account.second_step in {SecondStep.NONE, SecondStep.PROVIDER}
        self.query_one("#disable").display = not is_disabled
        self.query_one("#enable").display = is_disabled
        self.query_one("#reset").display = not has_no_second_step
        self.query_one(Field).display = not has_no_second_step
        self.query_one("#set").display = True
        lines = map(_format_event, account.events)
        self.query_one("#events", Static).update("\n".join(lines) or "Nothing yet.")
        # Textual would otherwise focus Sign Out if the focused button was hidden.
        if focused is None or not focused.display:
            counterpart = {"enable": "#disable", "disable": "#enable"}
            default = "#unlock" if account.waiting else "#end"
            self.set_focus(
                self.query_one(counterpart.get(focused.id or "" if focused else "", default))
            )

    @on(Button.Pressed)
    def _on_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        action = event.button.id or ""
        if action == "reset" and len(self._identity_check) < MIN_LENGTH:
            field = self.query_one(Field)
            field.show_error(TOO_SHORT)
            field.focus_control()
        elif action in CONFIRMATIONS:
            title, text = CONFIRMATIONS[action]
            answers = (("no", "No"), ("yes", "Yes"))
            notice = NOTICE if self._sends_mail else NO_MAIL
            self.app.push_screen(
                ChoiceDialog(title, text.format(notice=notice), answers),
                lambda answer: self._perform(action) if answer == "yes" else None,
            )
        else:
            self._perform(action)

    @property
    def _identity_check(self) -> str:
        return self.query_one(Field).value.strip()

    def _perform(self, action: str) -> None:
        client, account = self.portal.client, self._account
        match action:
            case "unlock":
                work = api.unlock(client, account)
            case "end":
                work = api.end_sessions(client, account)
            case "reset":
                work = api.reset_second_step(client, account, self._identity_check)
            case _:
                work = api.set_disabled(client, account, disabled=action == "disable")
        self.call(self._run_action(work))

    async def _run_action(self, work: Coroutine[object, object, None]) -> None:
        await work
        self.query_one(Field).show_error("")
        self.notify("Done.", markup=False)
        await self._load()


def _format_state(account: AccountDetails) -> str:
    signed_in = account.last_signed_in
    last_sign_in = f"last on {format_datetime(signed_in)}" if signed_in else "never signed in"
    session_count = "1 place" if account.sessions == 1 else f"{account.sessions} places"
    waiting_note = "\n! Locked for a while after failed tries." if account.waiting else ""
    state = f"{STATE_SIGNS[account.state]} {STATE_LABELS[account.state]}"
    return (
        f"{state} · {SECOND_STEP_LABELS[account.second_step]}\n"
        f"Signed in at {session_count}, {last_sign_in}{waiting_note}"
    )


def _format_numbers(account: AccountDetails) -> str:
    """Format the numbers of the account, to be compared with those that are published."""
    lines = [f"Phone: {account.phone}"] if account.phone else []
    for work in account.work:
        numbers = ", ".join(filter(None, (work.work_phone, work.mobile)))
        lines.append(f"{work.organisation} · {work.role} · {numbers}")
    return "\n".join(lines)


def _format_event(event: AccountEvent) -> str:
    source = f" by {event.by}" if event.by else f" from {event.address}" if event.address else ""
    reason = f"\n    {event.reason}" if event.reason else ""
    return f"{format_datetime(event.at)}  {event.words}{source}{reason}"


class WaitingRegistration(AccountScreen):
    """A registration that is not activated, with a button to resend its email."""

    LOCATION = "Professional Portal › Support desk"
    LINKS = SIGNED_IN_LINKS

    def __init__(self, registration: str) -> None:
        super().__init__()
        self._registration = UUID(registration)

    def body(self) -> ComposeResult:
        """Lay out the hint and the button."""
        yield Static(
            "This registration was not activated. Ask them to check their Spam or Junk "
            "folder first.",
            classes="notice",
            markup=False,
        )
        yield Action("Send the activation again", id="send")
        yield Static("", id="sent", classes="notice", markup=False)

    def on_mount(self) -> None:
        """Focus the button."""
        self.query_one("#send").focus()

    @on(Action.Pressed, "#send")
    def _on_pressed(self) -> None:
        self.call(self._send())

    async def _send(self) -> None:
        email = await api.send_activation(self.portal.client, self._registration)
        text = f"✓ Sent to {email.email} at {format_datetime(email.sent_at)}."
        self.query_one("#sent", Static).update(coloured_content(text))
