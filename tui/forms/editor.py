"""The form editor: shows one step at a time and saves as the user types."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantBlur
from textual.widgets import Button, Checkbox, Input, Select, Static, TextArea

from tui.core.commands import command
from tui.core.errors import PortalError
from tui.forms import texts
from tui.forms.fields import Question
from tui.forms.filling import FillingMode
from tui.forms.groups import GroupEdited
from tui.forms.loading import LoadingMode
from tui.forms.mode import EditorMode
from tui.forms.open_forms import CannotBeSent
from tui.forms.state import FormState
from tui.forms.summary_view import SummaryView
from tui.forms.work_cards import WorkCards
from tui.saving.saver import Saver
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.header import Header
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.step_bar import StepBar

CHECK_INTERVAL = 15.0
"""Seconds between checks for others' changes."""


class FormEditor(PortalScreen):
    """Edits one submission; `saver` and `state` are set once it has loaded."""

    saver: Saver
    state: FormState
    _filling: FillingMode

    CSS_PATH = "forms.tcss"
    LINKS = SEND_LINKS[:1]
    HELP_TEXT = texts.HELP
    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("form.attend", "f4", "attend", "look", texts.ATTEND_HELP, priority=True),
        command("form.save", "ctrl+s", "next", "save and continue", texts.SAVE_HELP),
        command("form.back", "f3", "previous", "back", texts.BACK_HELP),
        command(
            "form.find",
            "ctrl+f",
            "mode('search')",
            "search the form",
            texts.FIND_HELP,
            show=False,
            priority=True,
        ),
        command(
            "form.phrase", "ctrl+t", "mode('phrases')", "phrase", texts.PHRASE_HELP, show=False
        ),
        command("form.steps", "f2", "mode('steps')", "steps", texts.STEPS_HELP, priority=True),
        # On the summary there is no next step: there Ctrl+S is a key of this command.
        command("form.submit", "f8,ctrl+s", "mode('submit')", "go to Submit", texts.SUBMIT_HELP),
    ]

    def __init__(self, submission: str, go_on: str | None = None) -> None:
        super().__init__()
        self._resumes = go_on is not None
        self._loading = LoadingMode(self, UUID(submission))
        self._mode: EditorMode = self._loading

    def head(self) -> ComposeResult:
        """Lay out the header, the step bar and the notices."""
        yield Header("SEND › …", self.links)
        yield Vertical(id="steps")
        returned_notice = Static("", id="returned", markup=False)
        returned_notice.display = False
        yield returned_notice
        notice = Static("", id="notice", markup=False)
        notice.display = False
        yield notice

    def body(self) -> ComposeResult:
        """Lay out the step with its errors and buttons."""
        due = Static("", id="due", markup=False)
        due.display = False
        yield due
        yield ErrorSummary()
        yield Vertical(id="step")
        with Horizontal(id="moves", classes="actions"):
            yield Action("Save and continue", id="next")
            yield SecondaryAction("Back", id="previous")

    def on_mount(self) -> None:
        """Load the submission."""
        self.query_one("#moves").display = False
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        opened_form = await self._loading.open()
        filling = self._filling = FillingMode(self, opened_form, self._loading.uploads)
        self.saver, self.state = filling.saver, filling.state
        await filling.start(resume=self._resumes)
        self._mode = filling
        self.refresh_bindings()
        filling.show_save_state()
        self.set_interval(CHECK_INTERVAL, filling.check_for_changes)

    def handle_load_error(self, error: PortalError) -> None:
        """Leave a form that can't be opened, and show any unsaved input."""
        if isinstance(error, CannotBeSent):
            self._loading.show_unsaved(error)
        else:
            super().handle_load_error(error)

    def on_unmount(self) -> None:
        """Close the form; its saver continues until everything is saved."""
        self._loading.close()
        self._mode.close()

    def on_resize(self) -> None:
        """Fit the location to the header."""
        self._mode.show_location()

    def clear_working(self) -> None:
        """Restore the save state in the header."""
        self._mode.show_save_state()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer F4 only if something needs attention, and no next step after the last."""
        if action == "next":
            return not self._mode.is_at_summary
        return action != "attend" or self._mode.needs_attention

    def handle_signed_out(self, error: PortalError) -> bool:
        """Show in the notice that the session has ended, without moving the focus."""
        return self._mode.handle_signed_out(error)

    def leave_for(self, navigate: Callable[[], None]) -> None:
        """Save or journal the input, then call `navigate`."""
        self.run_worker(
            self._mode.leave(navigate), group="leave", exclusive=True, exit_on_error=False
        )

    def before_quit(self, quit: Callable[[], None]) -> None:
        """Ask about files that are not uploaded, then call `quit`."""
        self.run_worker(
            self._mode.before_quit(quit), group="leave", exclusive=True, exit_on_error=False
        )

    async def save_input(self) -> bool:
        """Save or journal the input; the app asks about input held only in memory."""
        await self._mode.save()
        return True

    @on(Button.Pressed, "#next")
    def action_next(self) -> None:
        """Save and go to the next step, unless this one has new errors."""
        self._mode.go_to_next()

    @on(Button.Pressed, "#previous")
    def action_previous(self) -> None:
        """Save and go to the previous step."""
        self._mode.go_to_previous()

    def action_mode(self, name: str) -> None:
        """Go to the step bar or to Submit, search the form or open the user's own phrases."""
        mode = self._mode
        commands = {
            "steps": mode.focus_step_bar,
            "search": mode.search_answers,
            "phrases": mode.open_phrases,
            "submit": mode.go_to_submit,
        }
        commands[name]()

    def action_attend(self) -> None:
        """Open whatever needs the user's attention."""
        self._mode.attend()

    @on(StepBar.Chosen)
    def _go_to_step(self, event: StepBar.Chosen) -> None:
        self._filling.gate.to_step(event.index)

    @on(SummaryView.ChangeRequested)
    def _go_to_answer(self, event: SummaryView.ChangeRequested) -> None:
        step_ids = [step.id for step in self.state.form.steps]
        self._filling.gate.to_step(step_ids.index(event.step), event.pointer)

    @on(ErrorSummary.FieldHidden)
    def _go_to_error(self, event: ErrorSummary.FieldHidden) -> None:
        if not self._filling.steps.view.focus_field(event.name):
            self._filling.submitter.go_to_error(event.name)

    @on(SummaryView.SubmitRequested)
    @on(SummaryView.CopyRequested)
    def _submit_or_copy(
        self, event: SummaryView.SubmitRequested | SummaryView.CopyRequested
    ) -> None:
        if isinstance(event, SummaryView.SubmitRequested):
            self._filling.submitter.submit()
        else:
            self.call(self._filling.save_copy(), group="copy")

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    @on(WorkCards.Selected)
    def _changed(
        self,
        event: Input.Changed
        | TextArea.Changed
        | Select.Changed
        | Checkbox.Changed
        | WorkCards.Selected,
    ) -> None:
        source = event.cards if isinstance(event, WorkCards.Selected) else event.control
        question = next((node for node in source.ancestors if isinstance(node, Question)), None)
        if question is not None:
            self._filling.question_changed(question, is_text=isinstance(event, TextArea.Changed))

    @on(GroupEdited)
    def _group_edited(self) -> None:
        self._filling.group_changed()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Validate the step when a text field loses focus."""
        if isinstance(event.widget, Input | TextArea):
            self._filling.steps.check()
