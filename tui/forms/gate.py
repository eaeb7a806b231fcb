"""Checks before leaving a step: saves the input and asks about pending files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.forms import texts
from tui.widgets import dialog

if TYPE_CHECKING:
    from shared.forms.definition import Step
    from shared.problems import FieldError
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.forms.uploads import FileSlot
    from tui.saving.saver import Saver
    from tui.widgets.screen import PortalScreen


class Gate:
    """Runs the checks before another step, Submit, another screen, or quitting.

    It collects the input into the draft, saves it if needed, and asks about files that were not
    uploaded.
    """

    def __init__(self, editor: PortalScreen, steps: Steps, state: FormState, saver: Saver) -> None:
        self._editor = editor
        self._steps = steps
        self._state = state
        self._saver = saver

    def to_step(self, index: int, pointer: str = "") -> None:
        """Save, show another step and focus the field at `pointer`."""
        self._steps.collect()
        self._saver.send_now()
        self._ask_first(self._files_of_step(), lambda: self._show(index, pointer))

    def to_next_step(self) -> None:
        """Save and show the next step, unless this one has new errors or pending files."""
        self._editor.run_worker(
            self._to_next_step(), group="move", exclusive=True, exit_on_error=False
        )

    async def _to_next_step(self) -> None:
        await self._steps.settle()
        self._saver.send_now()
        next_index = self._steps.index + 1
        if files := self._files_of_step():
            self._ask_first(files, lambda: self._show(next_index))
        elif not self._steps.list_errors():
            self._drop_empty_entries(self._steps.view.step)
            await self._steps.show(next_index)

    def _show(self, index: int, pointer: str = "") -> None:
        self._drop_empty_entries(self._steps.view.step)
        self._editor.run_worker(
            self._steps.show(index, pointer), group="move", exclusive=True, exit_on_error=False
        )

    def _files_of_step(self) -> list[FileSlot]:
        groups = {field.id for field in self._steps.view.step.fields}
        return self._state.uploads.slots_not_uploaded(groups)

    def _drop_empty_entries(self, step: Step | None = None) -> None:
        self._state.drop_empty_entries(step)
        if self._state.draft.unsaved:
            self._saver.input_changed()

    def _ask_first(
        self,
        files: list[FileSlot],
        proceed: Callable[[], None],
        *,
        discard: bool = False,
        stay_on_upload: bool = False,
    ) -> None:
        """Call `proceed`, after asking about files that are not attached yet.

        If the user goes on without them, `discard` removes them. If the user chooses Upload,
        `stay_on_upload` prevents proceeding.
        """
        if not files:
            proceed()
            return
        uploads = self._state.uploads

        def on_answer(answer: str | None) -> None:
            pending = [slot for slot in files if slot in uploads.pending]
            if answer == "upload":
                for group in {slot.group for slot in files}:
                    uploads.agree(group)
                uploads.start(pending)
            elif answer == "go" and discard:
                uploads.discard(pending)
            if answer == "go" or (answer == "upload" and not stay_on_upload):
                proceed()

        question = texts.not_uploaded_question(self._state, files)
        self._editor.app.push_screen(dialog.ChoiceDialog(*question), on_answer)

    async def check_before_submit(self) -> list[FieldError]:
        """Collect all input and return the errors that prevent submitting."""
        await self._steps.settle()
        return self._state.errors()

    def before_submit(self, submit: Callable[[], None]) -> None:
        """Call `submit`, after asking about files not uploaded yet."""

        def proceed() -> None:
            self._drop_empty_entries()
            submit()

        self._ask_first(self._state.uploads.pending, proceed, discard=True, stay_on_upload=True)

    async def before_quit(self, quit: Callable[[], None]) -> None:
        """Call `quit`, after asking about files that are not being uploaded."""
        await self._steps.settle()

        def proceed() -> None:
            self._drop_empty_entries(self._steps.view.step)
            quit()

        files = self._state.uploads.slots_not_uploaded()
        self._ask_first(files, proceed, discard=True, stay_on_upload=True)

    async def leave(self, navigate: Callable[[], None]) -> None:
        """Ask about files not being uploaded, save or journal the input, then navigate."""
        await self._steps.settle()

        def proceed() -> None:
            self._editor.run_worker(
                self._leave(navigate), group="leave", exclusive=True, exit_on_error=False
            )

        self._ask_first(self._state.uploads.slots_not_uploaded(), proceed, discard=True)

    async def _leave(self, navigate: Callable[[], None]) -> None:
        self._drop_empty_entries(self._steps.view.step)
        if not await self.save():
            text = self._editor.portal.with_keys(texts.unsaved_notice(self._state))
            self._editor.notify(text, markup=False)
        if self._editor.is_on_top:
            navigate()

    async def save(self) -> bool:
        """Save the input, or journal it on a timeout; return whether all is saved."""
        await self._steps.settle()
        return await self._saver.save_before_leaving()
