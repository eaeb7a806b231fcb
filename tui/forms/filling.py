"""The editor's form once it is read: its answers, its saving, and the parts that act on both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.containers import Vertical

from tui.core.errors import PortalError, is_signed_out
from tui.forms import api, words
from tui.forms.face import EditorFace
from tui.forms.gate import Gate
from tui.forms.school_values import offer_school_values
from tui.forms.stage import Stage
from tui.forms.state import FormState
from tui.forms.steps import Steps
from tui.forms.submitting import Submitting

if TYPE_CHECKING:
    from tui.forms.editor import FormEditor
    from tui.forms.fields import Question
    from tui.forms.open_forms import Opened
    from tui.forms.uploads import FormUploads


class Filling(Stage):
    """A form that is open in the editor; `gate` leads from step to step and out of it."""

    def __init__(self, editor: FormEditor, opened: Opened, uploads: FormUploads) -> None:
        super().__init__(editor)
        self.saver = opened.saver
        self.state = FormState(opened.submission, self.saver.draft, uploads)
        self.steps = Steps(editor, self.state)
        self.gate = Gate(editor, self.steps, self.state, self.saver)
        self.submitting = Submitting(editor, self.state, self.saver, self.steps, self.gate)
        self._face = EditorFace(editor, self.state, self.saver, self.steps, self.submitting)
        self._brought_back = opened.brought_back

    async def begin(self, *, go_on: bool) -> None:
        """Show the form at its first step, or where one left off."""
        self.show_where()
        self._face.show_returned()
        await self._editor.query_one("#steps", Vertical).mount(self.steps.bar)
        if self._brought_back:
            self._editor.notify(words.BROUGHT_BACK, markup=False)
        await self.steps.show(self.state.left_off() if go_on else 0)
        offer_school_values(self._editor, self.state, self._take_values)

    def _take_values(self, values: dict[str, str]) -> None:
        """Take answers from a school's file, as if they were typed."""
        self.steps.collect()
        for name, value in values.items():
            self.state.answer(name, value)
        self.steps.show_state()
        self.saver.typed()

    def go_next(self) -> None:
        """Save, and go on to the next step; what is wrong here is shown first."""
        self.gate.to_next_step()

    def go_back(self) -> None:
        """Save, and go to the step before."""
        self.gate.to_step(self.steps.place - 1)

    def go_to_bar(self) -> None:
        """Go to the line of steps."""
        self.steps.bar.take_focus()

    @property
    def needs_user(self) -> bool:
        """Whether there is something that F4 opens."""
        return self._face.needs_user

    def attend(self) -> None:
        """Open what needs the user."""
        self._face.attend()

    def show_where(self) -> None:
        """Show as much in the header as there is room for."""
        self._editor.set_location(words.where(self.state, self._editor.size.width))

    def show_standing(self) -> None:
        """Show how what was typed stands."""
        self._face.show_status()

    def signed_out(self, error: PortalError) -> bool:
        """Show it in the line above the step: the keyboard stays where it is."""
        if not is_signed_out(error):
            return False
        self._face.signed_out(error)
        return True

    async def leave(self, go: Callable[[], None]) -> None:
        """Go elsewhere; what was typed is saved first, or kept on this machine."""
        await self.gate.to_place(go)

    async def save(self) -> None:
        """Save what is typed, or keep it on this machine."""
        await self.gate.to_end()

    def change(self, question: Question, *, is_text: bool) -> None:
        """Note that a question was answered; a long text is not read at every key."""
        if self.steps.are_between:
            return  # the question went with its step, which was read before
        view = self.steps.view
        view.touch(question)
        question.recount()
        if not is_text:
            view.collect()
            view.show_what_applies()
            if self.saver.settled and not self.state.draft.unsaved:
                return  # a control announces what it was made with
        self.saver.typed()

    def change_group(self) -> None:
        """Note that entries of a group were changed."""
        self.steps.view.show_what_applies()
        self.saver.typed()

    def look(self) -> None:
        """Look for what others changed, where nothing is on its way that would bring it."""
        if self._editor.on_top and self.saver.settled:
            self._editor.run_worker(self._look(), group="look", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        with suppress(PortalError):  # by the clock: what the user does next shows it
            client = self._editor.portal.client
            if await api.version(client, self.state.id) != self.state.draft.version:
                await self.saver.look()
