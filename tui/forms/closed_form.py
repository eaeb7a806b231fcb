"""View of a closed form that is still being saved."""

from __future__ import annotations

from collections.abc import Callable

from shared.forms.submissions import Confirmation, SubmissionOut
from tui.core.errors import PortalError, is_signed_out
from tui.forms import texts
from tui.saving.draft import Draft, MergeReport


class ClosedForm:
    """The saver's view of a closed form; reports results as notices."""

    def __init__(self, draft: Draft, notify: Callable[[str], None]) -> None:
        self._draft = draft
        self._notify = notify

    def collect(self) -> None:
        """Do nothing; there is no input."""

    def show_merged(self, report: MergeReport) -> None:
        """Do nothing; opening the form shows the changes."""

    def refresh(self, submission: SubmissionOut) -> None:
        """Do nothing; opening the form reloads it."""

    def show_status(self) -> None:
        """Do nothing; Home shows unsaved forms."""

    def show_error(self, error: PortalError) -> None:
        """Show an error, unless other screens ask the user to sign in again."""
        if not is_signed_out(error):
            self._notify(texts.background_error_notice(self._draft.title, str(error)))

    def show_confirmation(self, confirmation: Confirmation) -> None:
        """Show a notice that the form was submitted."""
        self._notify(texts.background_submitted_notice(confirmation))
