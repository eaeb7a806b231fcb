"""The editor mode for filling a form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.containers import Vertical

from tui.core.errors import PortalError, is_signed_out
from tui.forms import api, texts
from tui.forms.editor_view import EditorView
from tui.forms.gate import Gate
from tui.forms.mode import EditorMode
from tui.forms.school_values import offer_school_values
from tui.forms.state import FormState
from tui.forms.steps import Steps
from tui.forms.submitting import Submitter
from tui.forms.summary_view import SUBMIT_POINTER, SummaryView
from tui.widgets.long_text import LongText

if TYPE_CHECKING:
    from shared.forms.summary import Line
    from tui.forms.fields import Question
    from tui.forms.open_forms import OpenedForm
    from tui.forms.uploads import FormUploads
    from tui.widgets.screen import PortalScreen


class FillingMode(EditorMode):
    """Connects the parts of an open form: state, saver, steps and submitter."""

    def __init__(self, editor: PortalScreen, opened_form: OpenedForm, uploads: FormUploads) -> None:
        super().__init__(editor)
        self.saver = opened_form.saver
        self.state = FormState(opened_form.submission, self.saver.draft, uploads)
        self.steps = Steps(editor, self.state)
        self.gate = Gate(editor, self.steps, self.state, self.saver)
        self.submitter = Submitter(editor, self.state, self.saver, self.steps, self.gate)
        self._view = EditorView(editor, self.state, self.saver, self.steps, self.submitter)
        self._is_restored = opened_form.is_restored

    async def start(self, *, resume: bool) -> None:
        """Show the form at its first step, or where the user left off."""
        self.show_location()
        self._view.show_returned()
        await self._editor.query_one("#steps", Vertical).mount(self.steps.bar)
        if self._is_restored:
            self._editor.notify(texts.RESTORED, markup=False)
        await self.steps.show(self.state.resume_index() if resume else 0)
        offer_school_values(self._editor, self.state, self._apply_school_values)

    def _apply_school_values(self, values: dict[str, str]) -> None:
        """Set answers from a school's file as if they had been typed."""
        self.steps.collect()
        for name, value in values.items():
            self.state.answer(name, value)
        self.steps.show_state()
        self.saver.input_changed()

    @property
    def is_at_summary(self) -> bool:
        """Whether the open step is the last one."""
        return self.steps.is_at_last

    def close(self) -> None:
        """Release references that outlive the form's screen."""
        self._view.close()

    def go_to_next(self) -> None:
        """Save and go to the next step, unless this one has new errors."""
        self.gate.to_next_step()

    def go_to_previous(self) -> None:
        """Save and go to the previous step."""
        self.gate.to_step(self.steps.index - 1)

    def go_to_submit(self) -> None:
        """Go to Submit on the summary, without pressing it."""
        view = self.steps.view
        if isinstance(view, SummaryView):
            view.focus_field(view.name_at(SUBMIT_POINTER))
        else:
            self.gate.to_step(len(self.state.form.steps) - 1, SUBMIT_POINTER)

    def focus_step_bar(self) -> None:
        """Focus the step bar."""
        self.steps.bar.take_focus()

    def search_answers(self) -> None:
        """Search the questions and answers of all steps, and go to the chosen one."""
        from tui.forms.find import FindAnswer

        def on_choice(line: Line | None) -> None:
            if line:
                self.gate.to_step(self.state.step_index(line.pointer), line.pointer)

        self.steps.collect()
        self._editor.app.push_screen(FindAnswer(self.state.summary()), on_choice)

    def open_phrases(self) -> None:
        """Open the user's phrases, and insert the chosen one at the cursor."""
        from tui.forms.phrases import Phrases

        focused = self._editor.focused
        target = focused if isinstance(focused, LongText) else None

        def on_choice(text: str | None) -> None:
            if text and target and target.is_attached:
                target.replace(text, *target.selection, maintain_selection_offset=False)

        selected_text = target.selected_text if target else ""
        self._editor.app.push_screen(
            Phrases(selected_text, can_insert=target is not None), on_choice
        )

    @property
    def needs_attention(self) -> bool:
        """Whether anything needs the user's attention."""
        return self._view.needs_attention

    def attend(self) -> None:
        """Open whatever needs the user's attention."""
        self._view.attend()

    def show_location(self) -> None:
        """Show the child and the form in the header."""
        location = texts.location_text(self.state, self._editor.size.width)
        self._editor.set_location(location, child=self.state.person_name)

    def show_save_state(self) -> None:
        """Show the save state."""
        self._view.show_status()

    def handle_signed_out(self, error: PortalError) -> bool:
        """Show in the notice that the session has ended, without moving the focus."""
        if not is_signed_out(error):
            return False
        self._view.handle_signed_out(error)
        return True

    async def leave(self, navigate: Callable[[], None]) -> None:
        """Save or journal the input, then call `navigate`."""
        await self.gate.leave(navigate)

    async def before_quit(self, quit: Callable[[], None]) -> None:
        """Ask about files that are not uploaded, then call `quit`."""
        await self.gate.before_quit(quit)

    async def save(self) -> None:
        """Save the input, or journal it if the server is slow."""
        await self.gate.save()

    async def save_copy(self) -> None:
        """Offer to save a copy of the form once it is saved completely."""
        if await self.gate.save():
            from tui.forms.copies import save_form_copy

            self._editor.app.push_screen(save_form_copy(self.state.id, self.state.reference))
        else:
            self._editor.notify(texts.NO_COPY_YET, severity="warning", timeout=8, markup=False)

    def question_changed(self, question: Question, *, is_text: bool) -> None:
        """Handle input; long texts are not read on every key."""
        if self.steps.is_between_steps or not question.is_attached:
            return  # a removed step or entry has already been collected
        view = self.steps.view
        view.touch(question)
        if not is_text:
            view.collect()
            view.show_applicable()
            self.steps.show_progress()
            if self.saver.is_settled and not self.state.draft.unsaved:
                return  # controls also post Changed for their initial value
        self.saver.input_changed()

    def group_changed(self) -> None:
        """Handle a change of a group's entries."""
        self.steps.view.show_applicable()
        self.steps.show_progress()
        self.saver.input_changed()

    def check_for_changes(self) -> None:
        """Check for others' changes, unless a pending save will fetch them."""
        if self._editor.is_on_top and self.saver.is_settled:
            self._editor.run_worker(
                self._check_for_changes(), group="look", exclusive=True, exit_on_error=False
            )

    async def _check_for_changes(self) -> None:
        with suppress(PortalError):  # the user's next action shows the error
            client = self._editor.portal.client
            if await api.poll_version(client, self.state.id) != self.state.draft.version:
                await self.saver.check_for_changes()
