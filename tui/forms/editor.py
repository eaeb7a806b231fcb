"""The form editor: one step at a time, saved as one types, moving anywhere at any time."""

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
from tui.forms import words
from tui.forms.fields import Question
from tui.forms.filling import Filling
from tui.forms.groups import GroupField
from tui.forms.loading import Loading
from tui.forms.open_forms import CannotBeSent
from tui.forms.stage import Stage
from tui.forms.state import FormState
from tui.forms.summary_view import SummaryView
from tui.forms.work_cards import WorkCards
from tui.saving.saver import Saver
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.header import Header
from tui.widgets.screen import IN_SEND, PortalScreen
from tui.widgets.step_bar import StepBar

LOOK_EVERY = 15.0
"""Seconds until it is looked again whether others changed the form."""


class FormEditor(PortalScreen):
    """Fills one submission; `saver` and `state` are there once it is read."""

    saver: Saver
    state: FormState
    _form: Filling

    CSS_PATH = "forms.tcss"
    LINKS = IN_SEND[:1]
    HELP_TEXT = words.HELP
    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("form.attend", "f4", "attend", "look", words.ATTEND_HELP, first=True),
        command("form.save", "ctrl+s", "next", "save and continue", words.SAVE_HELP),
        command("form.back", "f3", "previous", "back", words.BACK_HELP),
        command("form.steps", "f2", "steps", "steps", words.STEPS_HELP, first=True),
    ]

    def __init__(self, submission: str, go_on: str | None = None) -> None:
        super().__init__()
        self._goes_on = go_on is not None
        self._loading = Loading(self, UUID(submission))
        self._stage: Stage = self._loading

    def head(self) -> ComposeResult:
        """Lay out the header, below it the place of the steps and of what is missing."""
        yield Header("SEND › …", self.links)
        yield Vertical(id="steps")
        returned = Static("", id="returned", markup=False)
        returned.display = False
        yield returned
        notice = Static("", id="notice", markup=False)
        notice.display = False
        yield notice

    def body(self) -> ComposeResult:
        """Lay out the step's title, what is wrong, its questions, and the ways on."""
        yield Static("", id="step-title", classes="step-title", markup=False)
        yield ErrorSummary()
        yield Vertical(id="step")
        with Horizontal(id="moves", classes="actions"):
            yield Action("Save and continue", id="next")
            yield Action("Back", id="previous")

    def on_mount(self) -> None:
        """Read the submission with one call."""
        self.query_one("#moves").display = False
        self.call(self._load(), on_error=self.not_loaded)

    async def _load(self) -> None:
        opened = await self._loading.open()
        form = self._form = Filling(self, opened, self._loading.uploads)
        self.saver, self.state = form.saver, form.state
        await form.begin(go_on=self._goes_on)
        self._stage = form
        form.show_standing()
        self.set_interval(LOOK_EVERY, form.look)

    def not_loaded(self, error: PortalError) -> None:
        """Leave a form that can't be opened; what was typed into it before is shown."""
        if isinstance(error, CannotBeSent):
            self._loading.show_unsaved(error)
        else:
            super().not_loaded(error)

    def on_unmount(self) -> None:
        """Leave the form to its saver, which goes on until all is saved."""
        self._loading.close()

    def on_resize(self) -> None:
        """Show as much in the header as there is room for."""
        self._stage.show_where()

    def call_over(self) -> None:
        """Show again how what was typed stands."""
        self._stage.show_standing()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer F4 only where something needs the user."""
        return action != "attend" or self._stage.needs_user

    def signed_out(self, error: PortalError) -> bool:
        """Show it in the line above the step: the keyboard stays where it is."""
        return self._stage.signed_out(error)

    def leave_for(self, go: Callable[[], None]) -> None:
        """Go elsewhere; what was typed is saved first, or kept on this machine."""
        self.run_worker(self._stage.leave(go), group="leave", exclusive=True, exit_on_error=False)

    async def keep(self) -> bool:
        """Save what is typed, or keep it here; what is in memory alone the app asks about."""
        await self._stage.save()
        return True

    @on(Button.Pressed, "#next")
    def action_next(self) -> None:
        """Save, and go on to the next step; what is wrong here is shown first."""
        self._stage.go_next()

    @on(Button.Pressed, "#previous")
    def action_previous(self) -> None:
        """Save, and go to the step before."""
        self._stage.go_back()

    def action_steps(self) -> None:
        """Go to the step bar."""
        self._stage.go_to_bar()

    def action_attend(self) -> None:
        """Open what needs the user."""
        self._stage.attend()

    @on(StepBar.Chosen)
    def _to_step(self, event: StepBar.Chosen) -> None:
        self._form.gate.to_step(event.place)

    @on(SummaryView.ChangeWanted)
    def _change(self, event: SummaryView.ChangeWanted) -> None:
        places = [step.id for step in self.state.form.steps]
        self._form.gate.to_step(places.index(event.step), event.pointer)

    @on(ErrorSummary.Elsewhere)
    def _to_error(self, event: ErrorSummary.Elsewhere) -> None:
        self._form.submitting.lead_to(event.name)

    @on(SummaryView.SubmitWanted)
    @on(SummaryView.CopyWanted)
    def _finish(self, event: SummaryView.SubmitWanted | SummaryView.CopyWanted) -> None:
        if isinstance(event, SummaryView.SubmitWanted):
            self.call(self._form.submitting.submit(), group="submit")
        else:
            self.call(self._form.save_copy(), group="copy")

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
        question = next((n for n in source.ancestors if isinstance(n, Question)), None)
        if question is not None:
            self._form.change(question, is_text=isinstance(event, TextArea.Changed))

    @on(GroupField.Edited)
    def _group_edited(self) -> None:
        self._form.change_group()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Show at a question that was left what is refused in it."""
        if isinstance(event.widget, Input | TextArea):
            self._form.steps.check()
