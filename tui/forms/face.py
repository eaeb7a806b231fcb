"""How the editor shows the saving of its form, and what needs its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widgets import Static

from shared.forms.submissions import Confirmation, SubmissionOut
from shared.problems import ProblemCode
from tui.core.errors import PortalError, Refused, is_signed_out
from tui.forms import words
from tui.saving.draft import Keep, Met
from tui.saving.saver import Saver
from tui.widgets import dialog

if TYPE_CHECKING:
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.forms.submitting import Submitting


class EditorFace:
    """The saver's face: says in the header how all stands, and in a line what needs the user.

    Nothing here opens by itself over what is typed: F4 does.
    """

    def __init__(
        self,
        editor: FormEditor,
        state: FormState,
        saver: Saver,
        steps: Steps,
        submitting: Submitting,
    ) -> None:
        self._editor = editor
        self._state = state
        self._saver = saver
        self._steps = steps
        self._submitting = submitting
        self._ended: PortalError | None = None
        saver.face = self
        state.uploads.changed = self.show_status

    def collect(self) -> None:
        """Bring all that was typed into the draft."""
        self._steps.collect()

    def met(self, met: Met) -> None:
        """Show what others changed, which the draft now holds."""
        self._steps.show_state()
        self._editor.notify(words.met(met.people), markup=False)

    def opened_again(self, opened: SubmissionOut) -> None:
        """Take that the form was submitted or returned meanwhile."""
        self._state.take(opened)
        self._submitting.read_again(opened)
        self.show_returned()

    def show_returned(self) -> None:
        """Show above the step what the authority said is missing."""
        line = self._editor.query_one("#returned", Static)
        line.update(words.returned(self._state.returned))
        line.display = bool(self._state.returned)

    def signed_out(self, error: PortalError) -> None:
        """Take that the session has ended for something that was asked here."""
        self._ended = error
        self.show_status()

    @property
    def _waits_for(self) -> PortalError | None:
        """What the user has to sign in again for."""
        trouble = self._saver.trouble
        if is_signed_out(trouble):
            return trouble
        return self._state.uploads.waits_for or self._ended

    @property
    def needs_user(self) -> bool:
        """Whether there is something that F4 opens."""
        return self._waits_for is not None or bool(self._saver.draft.overlaps)

    def show_status(self) -> None:
        """Show the save state in the header and in the line above the step."""
        if not self._editor.is_attached:
            return
        self._editor.show_state(words.standing(self._saver.standing, self._state))
        line = self._editor.query_one("#notice", Static)
        text = self._notice()
        if line.display != bool(text) or str(line.content) != text:
            line.update(text)
            line.display = bool(text)
            self._editor.refresh_bindings()

    def _notice(self) -> str:
        if self._waits_for is not None:
            return words.SIGNED_OUT
        if self._saver.draft.overlaps:
            return words.overlaps(self._state)
        return self._submitting.notice

    def trouble(self, error: PortalError) -> None:
        """Show what the server refused."""
        if self._waits_for is not None:
            return  # the line above the step shows it without taking the focus
        if isinstance(error, Refused) and error.code is ProblemCode.NOT_COMPLETE:
            self._submitting.lead_to_errors(error.errors)
        else:
            self._editor.portal.show_error(error)

    def submitted(self, confirmation: Confirmation) -> None:
        """Show the confirmation, where nothing was typed since."""
        self._submitting.confirm(confirmation)

    def attend(self) -> None:
        """Open what needs the user: signing in again, or the answers that two have changed."""
        if ended := self._waits_for:
            self._ended = None
            self._editor.portal.session.sign_in_again(str(ended))
        else:
            self._ask_next(list(self._saver.draft.overlaps))

    def _ask_next(self, fields: list[str]) -> None:
        if not fields:
            return
        field, *others = fields
        if field not in self._saver.draft.overlaps:
            self._ask_next(others)
            return

        def answered(answer: str | None) -> None:
            if answer and field in self._saver.draft.overlaps:
                self._steps.collect()
                self._saver.draft.decide(field, cast("Keep", answer))
                self._steps.show_state()
                self._saver.typed()
                self._saver.hurry()
                self._ask_next(others)

        self._editor.app.push_screen(dialog.Question(*words.overlap(self._state, field)), answered)
