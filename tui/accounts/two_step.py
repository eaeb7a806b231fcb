"""The Two step verification section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Select, Static

from shared.accounts import AccountOut, SecondStep
from tui.accounts import api
from tui.accounts.account_screen import require_answers
from tui.accounts.recovery_codes import RecoveryCodes, finish_second_step
from tui.accounts.section import Section
from tui.accounts.set_up_authenticator import SetUpAuthenticator
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.states import coloured_content

INTRO = (
    "We will send you a verification code every time you sign in. This helps us keep data safe "
    "and your account secure."
)
WHY_ENABLE = (
    "! To access the Special Educational Needs and Disabilities section and your messages, you "
    "will need to enable Two Step Verification."
)
METHODS = (("Email", SecondStep.EMAIL.value), ("Authenticator app", SecondStep.APP.value))


class TwoStepSection(Section):
    """Sets the method of the second step; saving signs the user out."""

    SAVES = True

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="two-step")
        self._account = account

    def compose(self) -> ComposeResult:
        """Lay out the explanation, the methods and the recovery codes."""
        is_enabled = self._account.second_step is not SecondStep.NONE
        yield ErrorSummary()
        text = INTRO if is_enabled else f"{WHY_ENABLE}\n\n{INTRO}"
        yield Static(coloured_content(text), classes="notice")
        yield Field(
            "method",
            "Preferred method",
            ChoiceList(
                METHODS[1:] if self._account.staff else METHODS,
                value=self._account.second_step.value if is_enabled else Select.NULL,
                prompt="Please select",
                compact=True,
            ),
            required=True,
            help_text=(
                "Email: we send you a code. Authenticator app: an app on your phone shows one, "
                "even if you can't receive email."
            ),
        )
        yield Static(
            "You will be signed out to save these changes, and then sign in again with a code.",
            classes="notice",
            markup=False,
        )
        yield Action("Save", id="save-two-step")
        if is_enabled:
            yield Static(
                f"\nRecovery codes left: {self._account.recovery_codes_left}. Each lets you in "
                "once when you can't get a code.",
                id="left",
                classes="notice",
                markup=False,
            )
            yield SecondaryAction("Make new recovery codes", id="new-codes")

    @on(Action.Pressed, "#save-two-step")
    def save(self) -> None:
        """Check the fields and send them."""
        fields = self.fields()
        missing = [("method", "Choose your preferred method.")] if require_answers(fields) else []
        self.show_errors(missing)
        if not missing:
            uses_app = fields[0].value == SecondStep.APP.value
            self.send(self._set_up_app() if uses_app else self._set_email())

    async def _set_up_app(self) -> None:
        self.app.push_screen(SetUpAuthenticator(await api.create_app_secret(self.portal.client)))

    async def _set_email(self) -> None:
        result = await api.set_second_step(self.portal.client, SecondStep.EMAIL)
        finish_second_step(self.screen, self.portal, result)

    @on(Action.Pressed, "#new-codes")
    def _replace_codes(self) -> None:
        self.call(self._send_replacement(), self.show_refusal)

    async def _send_replacement(self) -> None:
        result = await api.replace_recovery_codes(self.portal.client)
        self.query_one("#left", Static).update(
            f"\nRecovery codes left: {len(result.recovery_codes)}. Earlier codes no longer work."
        )
        self.app.push_screen(RecoveryCodes(result.recovery_codes))
