"""The steps of an open form on the editor's page: one is shown, a line names them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from shared.forms.answers import Level, StepState
from tui.forms import words
from tui.forms.step_view import StepView
from tui.forms.summary_view import SummaryView
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.step_bar import StepBar

if TYPE_CHECKING:
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState


class Steps:
    """Shows a step of the form, and in its line how far each of them is."""

    def __init__(self, editor: FormEditor, state: FormState) -> None:
        self.bar = StepBar([step.short for step in state.form.steps])
        self._editor = editor
        self._state = state
        no_step = state.form.steps[0].model_copy(update={"id": "", "fields": ()})
        self._blank = StepView(state, no_step)
        self._warned: list[tuple[str, str]] = []

    @property
    def view(self) -> StepView:
        """The step that is shown; between two steps one without questions."""
        return next(iter(self._editor.query(StepView)), self._blank)

    @property
    def are_between(self) -> bool:
        """Whether one step has gone and the next is not there yet."""
        return self.view is self._blank

    @property
    def place(self) -> int:
        """The place of the step that is shown."""
        return self.bar.opened

    async def show(self, place: int, at: str = "") -> None:
        """Show a step, with the focus at a pointer."""
        await self.settle()
        place = max(0, min(len(self._state.form.steps) - 1, place))
        view = self._new_view(place)
        editor, holder = self._editor, self._editor.query_one("#step", Vertical)
        # Otherwise the focus would move from the removed widget to Save, and scroll the screen.
        editor.set_focus(None)
        async with editor.batch():
            await holder.remove_children()
            await holder.mount(view)
            self._show_place(place)
        self._warned = []
        editor.query_one("#body").scroll_home(animate=False)
        if self._state.step_states()[place] is StepState.LOOK_AT:
            self.show_refusals()
        if at:
            view.lead_to(view.name_at(at))
        elif not view.focus_first():
            editor.set_focus(editor.query_one("#next"))
        if not self._state.editable:
            editor.notify(self._state.why_not_editable or "", markup=False)

    def _is_last(self, place: int) -> bool:
        return place == len(self._state.form.steps) - 1

    def _new_view(self, place: int) -> StepView:
        kind = SummaryView if self._is_last(place) else StepView
        return kind(self._state, self._state.form.steps[place])

    def _show_place(self, place: int) -> None:
        """Show around a step which it is, and the ways on from it."""
        self.bar.opened = place
        self.show_progress()
        editor = self._editor
        title = words.step_title(self._state, place, editor.size.width)
        editor.query_one("#step-title", Static).update(title)
        editor.query_one("#moves").display = True
        editor.query_one("#next").display = not self._is_last(place)
        editor.query_one("#previous").display = place > 0
        editor.query_one(ErrorSummary).show([])

    def show_progress(self) -> None:
        """Show in the line of steps how far each is."""
        self.bar.signs = tuple(words.SIGNS[state] for state in self._state.step_states())

    def show_refusals(self) -> list[tuple[str, str]]:
        """Show refused answers at their questions; return (field name, message) pairs."""
        view = self.view
        findings = self._state.findings(view.step)
        return view.show_findings([f for f in findings if f.level is Level.REFUSED])

    def warn(self) -> bool:
        """List what is refused in the step; whether there is any that was not listed just before.

        What was listed once does not hold up who goes on all the same.
        """
        refusals = self.show_refusals()
        is_new = bool(refusals) and refusals != self._warned
        if is_new:
            self._warned = refusals
            self._editor.query_one(ErrorSummary).show(refusals)
        return is_new

    async def settle(self) -> None:
        """Bring all that was typed into the draft, with the keys that are still on their way."""
        await self.view.settle()
        self.collect()

    def collect(self) -> None:
        """Bring all that was typed into the draft."""
        self.view.collect_all()

    def check(self) -> None:
        """Check the step after a question of it was left."""
        self.collect()
        self.show_refusals()
        self.show_progress()

    def show_state(self) -> None:
        """Show the answers as the draft holds them now, whoever made them."""
        view = self.view
        if isinstance(view, SummaryView):
            self._editor.run_worker(
                self.show(self.place), group="move", exclusive=True, exit_on_error=False
            )
        else:
            view.show_state()
        self.show_progress()
