"""Submits an open form: errors, empty answers, the reply and the confirmation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.documents import ScanState
from tui.core.errors import PortalError
from tui.documents import api as documents
from tui.forms import texts
from tui.forms.confirmation import FormSubmitted
from tui.widgets import dialog
from tui.widgets.error_summary import ErrorSummary

if TYPE_CHECKING:
    from shared.forms.answers import Finding
    from shared.forms.submissions import Confirmation, SubmissionOut
    from shared.problems import FieldError
    from tui.forms.gate import Gate
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.saving.saver import Saver
    from tui.widgets.screen import PortalScreen


class Submitter:
    """Submits the form; the version id stays the same until confirmed, for safe retries."""

    def __init__(
        self, editor: PortalScreen, state: FormState, saver: Saver, steps: Steps, gate: Gate
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

    def submit(self) -> None:
        """Submit the form, after asking about files not uploaded yet."""
        editor = self._editor
        self._gate.before_submit(lambda: editor.call(self._submit(), group="submit"))

    async def _submit(self) -> None:
        """Submit the form, unless there are errors or expected answers are empty."""
        await self._refresh_scans()
        if errors := await self._gate.check_before_submit():
            self.show_errors(errors)
        elif missing := self._state.missing_findings():
            self._ask_about(missing)
        else:
            self._submit_or_ask()

    async def _refresh_scans(self) -> None:
        """Read the attached documents that were being checked for viruses."""
        for document in self._state.attached_documents(ScanState.CHECKING).values():
            try:
                current = await documents.read(self._editor.portal.client, document.id)
            except PortalError:
                return  # the server checks again
            self._state.documents[document.id] = current

    def _submit_or_ask(self) -> None:
        """Submit the form, after asking about files that are being checked for viruses."""

        def on_answer(answer: str | None) -> None:
            if answer == "submit":
                self._saver.submit(self._version)

        if checking := self._state.attached_documents(ScanState.CHECKING):
            question = texts.being_checked_question([d.name for d in checking.values()])
            self._editor.app.push_screen(dialog.ChoiceDialog(*question), on_answer)
        else:
            self._saver.submit(self._version)

    def _ask_about(self, missing: list[Finding]) -> None:
        """Ask whether to submit without the answers that the authority expects."""

        def on_answer(answer: str | None) -> None:
            if answer == "first":
                pointer = missing[0].pointer
                self._gate.to_step(self._state.step_index(pointer), pointer)
            elif answer == "submit":
                self._submit_or_ask()

        self._editor.app.push_screen(
            dialog.ChoiceDialog(*texts.missing_question(missing)), on_answer
        )

    def show_errors(self, errors: list[FieldError]) -> None:
        """List the errors that prevent submitting, each with a link to its field."""
        view = self._steps.view
        self._pointers = {view.name_at(error.pointer): error.pointer for error in errors}
        self._editor.query_one(ErrorSummary).show(view.show_errors(errors))

    def go_to_error(self, name: str) -> None:
        """Show the step of a listed error and focus its field."""
        if pointer := self._pointers.get(name):
            self._gate.to_step(self._state.step_index(pointer), pointer)

    def update_from(self, submission: SubmissionOut) -> None:
        """Record whether another user has submitted the form."""
        if submission.submitted_at != self._submitted_at and submission.submitted_by:
            self._submitted_by = submission.submitted_by
        self._submitted_at = submission.submitted_at

    @property
    def notice(self) -> str:
        """The notice while waiting for the reply, or after another user submitted."""
        if self._saver.submitting is not None:
            return texts.SUBMITTING if self._saver.last_error is None else texts.NOT_CONFIRMED
        if self._submitted_by and self._submitted_at:
            return texts.submitted_by_notice(self._submitted_by, self._submitted_at)
        return ""

    def confirm(self, confirmation: Confirmation) -> None:
        """Show the confirmation, or a notice if the user has typed since."""
        self._submitted_by, self._submitted_at = "", confirmation.submitted_at
        self._version = uuid4()  # submitting again creates another version
        editor = self._editor
        if not self._saver.is_saved:
            editor.notify(texts.later_input_notice(confirmation), timeout=8, markup=False)
        elif editor in editor.app.screen_stack:
            dialog.close_screens_above(editor)
            editor.app.switch_screen(FormSubmitted(confirmation, self._state))
