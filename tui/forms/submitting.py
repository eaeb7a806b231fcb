"""The submitting of an open form: what is in its way, the wait for an answer, and the answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from tui.forms import words
from tui.forms.confirmation import FormSubmitted
from tui.widgets import dialog
from tui.widgets.error_summary import ErrorSummary

if TYPE_CHECKING:
    from shared.forms.submissions import Confirmation, SubmissionOut
    from shared.problems import FieldError
    from tui.forms.editor import FormEditor
    from tui.forms.gate import Gate
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.saving.saver import Saver


class Submitting:
    """Submits the form under one version until it is confirmed, and knows who else submitted it."""

    def __init__(
        self, editor: FormEditor, state: FormState, saver: Saver, steps: Steps, gate: Gate
    ) -> None:
        self._editor = editor
        self._state = state
        self._saver = saver
        self._steps = steps
        self._gate = gate
        self._version = uuid4()
        self._pointers: dict[str, str] = {}
        self._submitted_by = ""
        self._submitted_at: datetime | None = state.submitted_at

    async def submit(self) -> None:
        """Submit the form, or list what stands in the way."""
        if errors := await self._gate.to_submit():
            self.lead_to_errors(errors)
        else:
            self._saver.submit(self._version)

    def lead_to_errors(self, errors: list[FieldError]) -> None:
        """List what stands in the way of submitting, each with a way to it."""
        view = self._steps.view
        self._pointers = {view.name_at(error.pointer): error.pointer for error in errors}
        self._editor.query_one(ErrorSummary).show(view.show_errors(errors))

    def lead_to(self, name: str) -> None:
        """Show the step of a listed error, with the focus at its field."""
        if pointer := self._pointers.get(name):
            self._gate.to_step(self._state.step_of(pointer), pointer)

    def read_again(self, opened: SubmissionOut) -> None:
        """Note who submitted the form meanwhile."""
        if opened.submitted_at != self._submitted_at and opened.submitted_by:
            self._submitted_by = opened.submitted_by
        self._submitted_at = opened.submitted_at

    @property
    def notice(self) -> str:
        """The line above the step while an answer is awaited, or after another submitted it."""
        if self._saver.submitting is not None:
            return words.SUBMITTING if self._saver.trouble is None else words.NOT_CONFIRMED
        if self._submitted_by and self._submitted_at:
            return words.submitted_by(self._submitted_by, self._submitted_at)
        return ""

    def confirm(self, confirmation: Confirmation) -> None:
        """Show the confirmation, where nothing was typed since."""
        self._submitted_by, self._submitted_at = "", confirmation.submitted_at
        self._version = uuid4()  # what is submitted next is another version
        editor = self._editor
        if not self._saver.saved_all:
            editor.notify(words.submitted_before(confirmation), timeout=8, markup=False)
        elif editor in editor.app.screen_stack:
            dialog.uncover(editor)
            editor.app.switch_screen(FormSubmitted(confirmation, self._state))
