"""The current step of an open form, and the bar of all steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from shared.forms.answers import Level, filter_blocking
from tui.forms import texts
from tui.forms.groups import GroupField
from tui.forms.step_view import StepView
from tui.forms.summary_view import SummaryView
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.step_bar import StepBar

if TYPE_CHECKING:
    from tui.documents.upload import Upload
    from tui.forms.state import FormState
    from tui.forms.uploads import FileSlot
    from tui.widgets.screen import PortalScreen


class Steps:
    """Shows one step of the form, and the progress of all steps in the bar."""

    def __init__(self, editor: PortalScreen, state: FormState) -> None:
        self.bar = StepBar([(step.title, step.short) for step in state.form.steps])
        self._editor = editor
        self._state = state
        empty_step = state.form.steps[0].model_copy(update={"id": "", "fields": ()})
        self._blank_view = StepView(state, empty_step)
        self._listed_errors: list[tuple[str, str]] = []

    @property
    def view(self) -> StepView:
        """The current step, or a blank one while steps are being switched."""
        return next(iter(self._editor.query(StepView)), self._blank_view)

    @property
    def is_between_steps(self) -> bool:
        """Whether steps are being switched."""
        return self.view is self._blank_view

    @property
    def index(self) -> int:
        """The index of the current step."""
        return self.bar.open_index

    @property
    def is_at_last(self) -> bool:
        """Whether the current step is the last one, the summary."""
        return self._is_last(self.index)

    async def show(self, index: int, pointer: str = "") -> None:
        """Show a step and focus the field at `pointer`, or the first one."""
        await self.settle()
        index = max(0, min(len(self._state.form.steps) - 1, index))
        view = self._new_view(index)
        editor, container = self._editor, self._editor.query_one("#step", Vertical)
        # Clear the focus first, or Textual focuses Save and scrolls to it.
        editor.set_focus(None)
        async with editor.batch():
            await container.remove_children()
            await container.mount(view)
            self._show_position(index)
        self._listed_errors = []
        editor.query_one("#body").scroll_home(animate=False)
        self.show_findings()
        if pointer:
            view.focus_field(view.name_at(pointer))
        elif not view.focus_first():
            editor.set_focus(editor.query_one("#next"))
        if not self._state.editable:
            editor.notify(self._state.why_not_editable or "", markup=False)

    def _is_last(self, index: int) -> bool:
        return index == len(self._state.form.steps) - 1

    def _new_view(self, index: int) -> StepView:
        view_class = SummaryView if self._is_last(index) else StepView
        return view_class(self._state, self._state.form.steps[index])

    def _show_position(self, index: int) -> None:
        """Update the title, bar and buttons around the step."""
        self.bar.open_index = index
        self.show_progress()
        editor = self._editor
        due = texts.due_notice(self._state, editor.size.width)
        editor.query_one("#due", Static).update(due)
        editor.query_one("#due").display = bool(due)
        editor.query_one("#moves").display = True
        editor.query_one("#next").display = not self._is_last(index)
        editor.query_one("#previous").display = index > 0
        editor.query_one(ErrorSummary).show([])
        editor.refresh_bindings()

    def show_progress(self) -> None:
        """Update the progress of all steps in the bar."""
        self.bar.symbols = tuple(texts.SYMBOLS[state] for state in self._state.step_states())
        self.bar.empty_count = len(self._state.missing_findings())

    def show_findings(self) -> list[tuple[str, str]]:
        """Show errors and warnings at their questions; return (field name, error) pairs."""
        view = self.view
        levels = {Level.INVALID, Level.WARNING}
        findings = self._state.findings(view.step)
        return view.show_findings([f for f in findings if f.level in levels])

    def clear_corrected(self) -> None:
        """Clear the errors and warnings of corrected answers."""
        view, summaries = self.view, self._editor.query(ErrorSummary)
        if view.has_messages or any(summary.display for summary in summaries):
            findings = self._state.findings()
            view.clear_corrected(findings)
            invalid_names = {view.name_at(finding.pointer) for finding in filter_blocking(findings)}
            for summary in summaries:
                summary.keep_only(invalid_names)
            self.show_progress()

    def list_errors(self) -> bool:
        """List the errors of the step and return whether there are new ones.

        The user may leave the step if the list is unchanged.
        """
        errors = self.show_findings()
        is_new = bool(errors) and errors != self._listed_errors
        if is_new:
            self._listed_errors = errors
            self._editor.query_one(ErrorSummary).show(errors)
        return is_new

    async def settle(self) -> None:
        """Collect all input, including key presses that are still queued."""
        await self.view.settle()
        self.collect()

    def collect(self) -> None:
        """Collect all input into the draft."""
        self.view.collect_all()

    def check(self) -> None:
        """Validate the step after a question loses focus."""
        self.collect()
        self.show_findings()
        self.show_progress()

    def show_upload(self, slot: FileSlot, upload: Upload) -> None:
        """Show the state of an upload in the list of its group."""
        for group in self.view.query(GroupField):
            # A group that is being removed is not displayed, and loses its children first.
            if group.group.id == slot.group and group.is_mounted and group.display:
                group.show_rows()

    def show_state(self) -> None:
        """Update the answers from the draft."""
        view = self.view
        if isinstance(view, SummaryView):
            self._editor.run_worker(
                self.show(self.index), group="move", exclusive=True, exit_on_error=False
            )
        else:
            view.show_state()
        self.show_progress()
