"""The saver's view of an open form: save state, notices, errors and overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widgets import Static

from shared.forms.submissions import Confirmation, SubmissionOut
from shared.problems import ProblemCode
from tui.core.errors import PortalError, Refused, is_outdated, is_signed_out
from tui.forms import texts
from tui.saving.draft import MergeReport, Resolution
from tui.saving.saver import Saver
from tui.widgets import dialog
from tui.widgets.states import coloured_content

if TYPE_CHECKING:
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.forms.submitting import Submitter
    from tui.widgets.screen import PortalScreen


class EditorView:
    """Shows the save state in the header, and anything that needs attention in a notice.

    Dialogs open only when the user presses F4, so they never interrupt typing.
    """

    def __init__(
        self,
        editor: PortalScreen,
        state: FormState,
        saver: Saver,
        steps: Steps,
        submitter: Submitter,
    ) -> None:
        self._editor = editor
        self._state = state
        self._saver = saver
        self._steps = steps
        self._submitter = submitter
        self._sign_in_error: PortalError | None = None
        saver.view = self
        state.uploads.on_change = self.show_status
        state.uploads.on_progress = steps.show_upload

    def close(self) -> None:
        """Detach from the uploads, which outlive the form's screen."""
        if self._state.uploads.on_change == self.show_status:
            self._state.uploads.on_change = lambda: None

    def collect(self) -> None:
        """Collect all input into the draft."""
        self._steps.collect()
        self._steps.clear_corrected()

    def show_merged(self, report: MergeReport) -> None:
        """Show others' changes that were merged into the draft."""
        self._steps.show_state()
        self._editor.notify(texts.merged_notice(report.authors), markup=False)

    def refresh(self, submission: SubmissionOut) -> None:
        """Update everything but the answers from a newly read form."""
        self._state.update_from(submission)
        self._submitter.update_from(submission)
        self.show_returned()

    def show_returned(self) -> None:
        """Show what the authority reported missing, above the step."""
        line = self._editor.query_one("#returned", Static)
        line.update(coloured_content(texts.returned_notice(self._state.returned)))
        line.display = bool(self._state.returned)

    def handle_signed_out(self, error: PortalError) -> None:
        """Record that a call failed because the session has ended."""
        self._sign_in_error = error
        self.show_status()

    @property
    def _session_error(self) -> PortalError | None:
        """The error that requires the user to sign in again, or None."""
        error = self._saver.last_error
        if is_signed_out(error):
            return error
        return self._state.uploads.blocking_error or self._sign_in_error

    @property
    def needs_attention(self) -> bool:
        """Whether anything needs the user's attention."""
        return self._session_error is not None or bool(self._saver.draft.overlaps)

    def show_status(self) -> None:
        """Show the save state in the header, and any notice above the step."""
        if not (self._editor.is_attached and self._editor.display):
            return  # it is closing, and its widgets are gone or about to go
        save_state = self._saver.save_state
        text = texts.save_state_text(save_state, self._state)
        self._editor.show_state(text, texts.SHORT_SAVE_STATES[save_state])
        line = self._editor.query_one("#notice", Static)
        text = self._editor.portal.with_keys(self._notice())
        if line.display != bool(text) or str(line.content) != text:
            line.update(text)
            line.display = bool(text)
            self._editor.refresh_bindings()

    def _notice(self) -> str:
        if self._session_error is not None:
            return texts.SIGNED_OUT
        if self._saver.draft.overlaps:
            return texts.overlaps_notice(self._state)
        if is_outdated(self._saver.last_error):
            return f"! {self._saver.last_error}"
        return self._submitter.notice

    def show_error(self, error: PortalError) -> None:
        """Show an error reported by the server."""
        if self._session_error is not None:
            return  # the notice above the step already shows it
        if is_outdated(error):
            self.show_status()  # in that notice too, as it lasts
            return
        if isinstance(error, Refused) and error.code is ProblemCode.NOT_COMPLETE:
            self._submitter.show_errors(error.errors)
        else:
            self._editor.portal.show_error(error)

    def show_confirmation(self, confirmation: Confirmation) -> None:
        """Show the confirmation, or a notice if the user has typed since."""
        self._submitter.confirm(confirmation)

    def attend(self) -> None:
        """Ask the user to sign in again, or to resolve the overlaps."""
        if error := self._session_error:
            self._sign_in_error = None
            self._editor.portal.session.sign_in_again(str(error))
        else:
            self._ask_about_overlaps(list(self._saver.draft.overlaps))

    def _ask_about_overlaps(self, fields: list[str]) -> None:
        if not fields:
            return
        field, *others = fields
        if field not in self._saver.draft.overlaps:
            self._ask_about_overlaps(others)
            return

        def on_answer(answer: str | None) -> None:
            if answer and field in self._saver.draft.overlaps:
                self._steps.collect()
                self._saver.draft.resolve(field, cast("Resolution", answer))
                self._steps.show_state()
                self._saver.input_changed()
                self._saver.send_now()
                self._ask_about_overlaps(others)

        self._editor.app.push_screen(
            dialog.ChoiceDialog(*texts.overlap_question(self._state, field)), on_answer
        )
