"""The form editor: one step at a time, saved as one types, moving anywhere at any time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, cast
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantBlur
from textual.widgets import Button, Checkbox, Input, Select, Static, TextArea

from shared.accounts import AccountOut
from shared.forms.answers import Level, StepState
from shared.problems import FieldError
from tui.core.commands import command
from tui.core.errors import PortalError, is_signed_out
from tui.forms import api, words
from tui.forms.face import EditorFace
from tui.forms.fields import Question
from tui.forms.groups import GroupField
from tui.forms.open_forms import CannotBeSent, HasForms, OpenForms
from tui.forms.state import FormState
from tui.forms.step_view import StepView
from tui.forms.summary_view import SummaryView
from tui.forms.work_cards import WorkCards
from tui.widgets import dialog
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.header import Header
from tui.widgets.screen import IN_SEND, PortalScreen
from tui.widgets.step_bar import StepBar

LOOK_EVERY = 15.0
"""Seconds until it is looked again whether others changed the form."""


class FormEditor(PortalScreen):
    """Fills one submission."""

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
        self._submission = UUID(submission)
        self._opened = False
        self._version = uuid4()
        self._leads: dict[str, str] = {}
        self._warned: list[tuple[str, str]] = []

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
        opened = await self._forms.open(
            cast("AccountOut", self.portal.session.account).id, self._submission
        )
        self.saver, self._opened = opened.saver, True
        uploads = self._forms.uploads(self._submission)
        self.state = FormState(opened.submission, self.saver.draft, uploads)
        self._face = EditorFace(self, self.state, self.saver)
        self._say_where()
        self.say_returned()
        steps = [step.short for step in self.state.form.steps]
        await self.query_one("#steps").mount(StepBar(steps))
        if opened.brought_back:
            self.notify(words.BROUGHT_BACK, markup=False)
        await self._open(self.state.left_off() if self._goes_on else 0)
        self._face.say_standing()
        self.set_interval(LOOK_EVERY, self._look)

    def not_loaded(self, error: PortalError) -> None:
        """Leave a form that can't be opened; what was typed into it before is shown."""
        if not isinstance(error, CannotBeSent):
            super().not_loaded(error)
            return
        forms, account = self._forms, cast("AccountOut", self.portal.session.account).id

        def answered(answer: str | None) -> None:
            if answer == "discard":
                discarding = forms.discard(account, self._submission)
                app.run_worker(discarding, group="discard", exit_on_error=False)

        app = self.app
        if self.on_top:
            self.portal.navigation.leave()
        app.push_screen(dialog.Question(*words.cannot_be_sent(str(error), error.unsaved)), answered)

    @property
    def _forms(self) -> OpenForms:
        return cast("HasForms", self.app).forms

    def _look(self) -> None:
        if self.on_top and self.saver.settled:
            self.run_worker(self._see_others(), group="look", exclusive=True, exit_on_error=False)

    async def _see_others(self) -> None:
        with suppress(PortalError):  # nobody asked for it: what the user does next tells it
            if await api.version(self.portal.client, self.state.id) != self.state.draft.version:
                await self.saver.look()

    def on_unmount(self) -> None:
        """Leave the form to its saver, which goes on until all is saved."""
        if self._opened:
            self._forms.closed(self.saver)

    def on_resize(self) -> None:
        """Say as much in the header as there is room for."""
        if self._view is not None:
            self._say_where()

    def _say_where(self) -> None:
        self.say_where(words.where(self.state, self.size.width))

    def say_returned(self) -> None:
        """Say above the step what the authority said is missing."""
        line = self.query_one("#returned", Static)
        line.update(words.returned(self.state.returned))
        line.display = bool(self.state.returned)

    @property
    def _view(self) -> StepView | None:
        return next(iter(self.query(StepView)), None)

    @property
    def _bar(self) -> StepBar:
        return self.query_one(StepBar)

    async def _open(self, place: int, *, at: str = "", wrong: bool = False) -> None:
        """Show a step, with the focus at a pointer; `wrong` tells at once what is refused there."""
        if self._view is not None:
            await self._view.settle()
        self.collect()
        steps = self.state.form.steps
        place = max(0, min(len(steps) - 1, place))
        last = place == len(steps) - 1
        view = SummaryView(self.state, steps[place]) if last else StepView(self.state, steps[place])
        holder = self.query_one("#step")
        # Else the focus would go from what is removed to Save below it, and the screen after it.
        self.set_focus(None)
        async with self.batch():
            await holder.remove_children()
            await holder.mount(view)
            self._bar.opened = place
            self._say_steps()
            title = words.step_title(self.state, place, self.size.width)
            self.query_one("#step-title", Static).update(title)
            self.query_one("#moves").display = True
            self.query_one("#next").display = not last
            self.query_one("#previous").display = place > 0
            self.query_one(ErrorSummary).tell([])
        self._warned = []
        self.query_one("#body").scroll_home(animate=False)
        if wrong or self.state.step_states()[place] is StepState.LOOK_AT:
            self._say_wrong(view, required=False)
        if at:
            view.lead_to(view.name_at(at))
        elif not view.focus_first():
            self.set_focus(self.query_one("#next"))
        if not self.state.editable:
            self.notify(self.state.why_not_editable or "", markup=False)

    def _say_steps(self) -> None:
        self._bar.signs = tuple(words.SIGNS[state] for state in self.state.step_states())

    def _say_wrong(self, view: StepView, *, required: bool) -> list[tuple[str, str]]:
        levels = {Level.REFUSED, Level.REQUIRED} if required else {Level.REFUSED}
        findings = [f for f in self.state.findings(view.step) if f.level in levels]
        return view.say(findings)

    @on(Button.Pressed, "#next")
    def action_next(self) -> None:
        """Save, and go on to the next step; what is wrong here is said first."""
        self.run_worker(self._next(), group="move", exclusive=True, exit_on_error=False)

    async def _next(self) -> None:
        view = self._view
        if view is None:
            return
        await view.settle()
        self.collect()
        self._save_now()
        if files := view.not_uploaded():
            self._ask_to_upload(view, files)
            return
        wrong = self._say_wrong(view, required=False)
        if wrong and wrong != self._warned:
            self._warned = wrong
            self.query_one(ErrorSummary).tell(wrong)
            return
        await self._open(self._bar.opened + 1)

    def _ask_to_upload(self, view: StepView, files: list[str]) -> None:
        def answered(answer: str | None) -> None:
            if answer == "upload":
                view.upload_chosen()
            elif answer == "go":
                self._go(self._bar.opened + 1)

        question = dialog.Question(*words.not_uploaded(files))
        self.app.push_screen(question, answered)

    def _go(self, place: int, at: str = "") -> None:
        self._save_now()
        self.run_worker(self._open(place, at=at), group="move", exclusive=True, exit_on_error=False)

    @on(Button.Pressed, "#previous")
    def action_previous(self) -> None:
        """Save, and go to the step before."""
        if self._view is not None:
            self._go(self._bar.opened - 1)

    def action_steps(self) -> None:
        """Go to the step bar."""
        if self._view is not None:
            self._bar.take_focus()

    @on(StepBar.Chosen)
    def _to_step(self, event: StepBar.Chosen) -> None:
        self._go(event.place)

    @on(SummaryView.ChangeWanted)
    def _change(self, event: SummaryView.ChangeWanted) -> None:
        places = [step.id for step in self.state.form.steps]
        self._go(places.index(event.step), event.pointer)

    @on(ErrorSummary.Elsewhere)
    def _to_error(self, event: ErrorSummary.Elsewhere) -> None:
        if pointer := self._leads.get(event.name):
            self._go(self.state.step_of(pointer), pointer)

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    @on(WorkCards.Selected)
    def _changed(
        self,
        event: Input.Changed | TextArea.Changed | Select.Changed | Checkbox.Changed
        | WorkCards.Selected,
    ) -> None:  # fmt: skip
        source = event.cards if isinstance(event, WorkCards.Selected) else event.control
        question = next((n for n in source.ancestors if isinstance(n, Question)), None)
        view = self._view
        if question is None or view is None:
            return
        view.touch(question)
        question.recount()
        if not isinstance(event, TextArea.Changed):
            view.collect()
            view.show_what_applies()
            if self.saver.settled and not self.state.draft.unsaved:
                return  # a control told what it was made with
        self._typed()

    @on(GroupField.Edited)
    def _group_edited(self) -> None:
        view = self._view
        if view is not None:
            view.show_what_applies()
        self._typed()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Say at a question that was left what is refused in it."""
        view = self._view
        if view is not None and isinstance(event.widget, Input | TextArea):
            self.collect()
            self._say_wrong(view, required=False)
            self._say_steps()

    def _typed(self) -> None:
        self.saver.typed()

    def _save_now(self) -> None:
        self.collect()
        self.saver.hurry()

    def call_over(self) -> None:
        """Say again how what was typed stands."""
        if self._view is not None:
            self._face.say_standing()

    def collect(self) -> None:
        """Bring all that was typed into the draft."""
        view = self._view
        if view is not None:
            view.collect_all()

    def show_state(self) -> None:
        """Show the answers as the draft holds them now, whoever made them."""
        view = self._view
        if isinstance(view, SummaryView):
            opened = self._open(self._bar.opened)
            self.run_worker(opened, group="move", exclusive=True, exit_on_error=False)
        elif view is not None:
            view.show_state()
        self._say_steps()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer F4 only where something needs the user."""
        return action != "attend" or (self._view is not None and self._face.needs_user)

    def signed_out(self, error: PortalError) -> bool:
        """Say it in the line above the step: the keyboard stays where it is."""
        if self._view is None or not is_signed_out(error):
            return False
        self._face.signed_out(error)
        return True

    def action_attend(self) -> None:
        """Open what needs the user."""
        self._face.attend()

    def leave_for(self, go: Callable[[], None]) -> None:
        """Go elsewhere; what was typed is saved first, or kept on this machine."""
        self.run_worker(self._leave(go), group="leave", exclusive=True, exit_on_error=False)

    async def _leave(self, go: Callable[[], None]) -> None:
        if self._view is not None and not await self._saved_in_time():
            self.notify(words.left(self.state), markup=False)
        if self.on_top:
            go()

    async def _saved_in_time(self) -> bool:
        """Save all before one leaves, or keep here what a slow server does not answer in time."""
        if self._view is None:
            return True
        await self._view.settle()
        self.collect()
        return await self.saver.saved_in_time()

    async def keep(self) -> bool:
        """Save what is typed, or keep it here; what is in memory alone the app asks about."""
        await self._saved_in_time()
        return True

    @on(SummaryView.SubmitWanted)
    def _submit_wanted(self) -> None:
        self.call(self._submit(), group="submit")

    async def _submit(self) -> None:
        await cast("StepView", self._view).settle()
        self.collect()
        if errors := self.state.errors():
            self.lead_to_errors(errors)
            return
        self.saver.submit(self._version)

    def renew_version(self) -> None:
        """Take that what is submitted next is another version."""
        self._version = uuid4()

    def lead_to_errors(self, errors: list[FieldError]) -> None:
        """List what stands in the way of submitting, each with a way to it."""
        view = cast("StepView", self._view)
        self._leads = {view.name_at(error.pointer): error.pointer for error in errors}
        self.query_one(ErrorSummary).tell(view.say_errors(errors))
