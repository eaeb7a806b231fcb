"""The face of a form that was left while it is still being saved."""

from __future__ import annotations

from collections.abc import Callable

from shared.forms.submissions import Confirmation, SubmissionOut
from tui.core.errors import PortalError, is_signed_out
from tui.forms import words
from tui.saving.draft import Draft, Met


class LeftForm:
    """The saver's face when there is no page: tells what came of the form, wherever one is."""

    def __init__(self, draft: Draft, notify: Callable[[str], None]) -> None:
        self._draft = draft
        self._notify = notify

    def collect(self) -> None:
        """Nothing is typed here."""

    def met(self, met: Met) -> None:
        """What others changed is seen when the form is opened."""

    def opened_again(self, opened: SubmissionOut) -> None:
        """It is read anew when the form is opened."""

    def show_status(self) -> None:
        """Home says it."""

    def trouble(self, error: PortalError) -> None:
        """Show a refusal; the widgets that need a session ask to sign in again."""
        if not is_signed_out(error):
            self._notify(words.left_refused(self._draft.title, str(error)))

    def submitted(self, confirmation: Confirmation) -> None:
        """Show that the form was submitted."""
        self._notify(words.left_submitted(confirmation))
