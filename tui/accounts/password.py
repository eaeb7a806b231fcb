"""The Password section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from shared.problems import ProblemCode
from tui.accounts import api
from tui.accounts.account_screen import PasswordField, require_answers
from tui.accounts.fields import check_new_password, create_new_password_fields, field_errors
from tui.accounts.section import Section
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary


class PasswordSection(Section):
    """Changes the password, which ends all other sessions."""

    SAVES = True

    def __init__(self) -> None:
        super().__init__(id="password")

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        yield ErrorSummary()
        yield Static("You will be signed out everywhere else.", classes="notice", markup=False)
        yield PasswordField("current", "Current password", help_text="The one you sign in with.")
        yield from create_new_password_fields("new", "confirm_new", "New password")
        yield Action("Change password", id="change")

    @on(Action.Pressed, "#change")
    def save(self) -> None:
        """Check the fields and send them."""
        current, new, confirmation = fields = self.fields()
        require_answers(fields)
        check_new_password(new, confirmation)
        errors = field_errors(fields)
        self.show_errors(errors)
        if not errors:
            self.send(self._send(current.value, new.value))

    async def _send(self, current: str, new: str) -> None:
        await api.change_password(self.portal.client, current, new)
        for field in self.query(PasswordField):
            field.clear()
        self.notify("Your password has been changed.", markup=False)

    def show_refusal(self, error: PortalError) -> None:
        """Show a wrong current password at its field."""
        if isinstance(error, Refused) and error.code is ProblemCode.WRONG_CREDENTIALS:
            self.fields()[0].show_error(str(error))
            self.show_errors([("current", str(error))])
        else:
            super().show_refusal(error)
