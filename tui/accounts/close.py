"""The Close my account section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from shared.accounts import AccountOut, UnfinishedFormOut
from shared.values.days import format_day
from tui.accounts import api
from tui.accounts.section import Section
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction

INTRO = (
    "Close your account if you have left your job, or no longer work with children in this area."
    "\n\n"
    "You will be signed out everywhere, and you can't sign in again. What you submitted stays with "
    "the Local Authority."
)
STAFF_INTRO = "You can't close a staff account yourself. Ask an officer who manages staff accounts."
FIRST_QUESTION = "Close your account?"
SECOND_QUESTION = (
    "Are you sure?",
    "You can't open your account again yourself.",
    (("keep", "Keep my account"), ("close", "Yes, close my account")),
)


def unfinished_text(forms: list[UnfinishedFormOut]) -> str:
    """Say which forms are not finished, and what to do about them."""
    if not forms:
        return "You have no unfinished forms."
    lines = [f"- {form.title}, started on {format_day(form.started_on)}" for form in forms]
    return "\n".join(
        [
            "Before you close it, hand over these unfinished forms so that others can go on:",
            *lines,
            "If you can't, the authority will pass them on.",
        ]
    )


class CloseSection(Section):
    """Closes the account, after asking twice."""

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="close")
        self._is_staff = account.staff is not None
        self._unfinished = ""

    def compose(self) -> ComposeResult:
        """Lay out what closing means, and the unfinished forms."""
        yield Static(STAFF_INTRO if self._is_staff else INTRO, classes="notice", markup=False)
        if not self._is_staff:
            yield Static("", id="unfinished", classes="notice spaced", markup=False)
            yield SecondaryAction("Close my account", id="close-account")

    async def refresh_section(self) -> None:
        """Reload the unfinished forms."""
        if not self._is_staff:
            self._unfinished = unfinished_text(await api.list_unfinished(self.portal.client))
            self.query_one("#unfinished", Static).update(self._unfinished)

    @on(Action.Pressed, "#close-account")
    def _ask(self) -> None:
        answers = (("keep", "Keep my account"), ("close", "Close my account"))
        question = ChoiceDialog(FIRST_QUESTION, self._unfinished, answers)
        self.app.push_screen(question, self._ask_again)

    def _ask_again(self, answer: str | None) -> None:
        if answer == "close":
            self.app.push_screen(ChoiceDialog(*SECOND_QUESTION), self._on_confirmed)

    def _on_confirmed(self, answer: str | None) -> None:
        if answer == "close":
            self.call(self._close())

    async def _close(self) -> None:
        await api.close_account(self.portal.client)
        self.portal.session.end()
        self.app.notify("Your account is closed.", markup=False)
