"""The ways out of a step: saving first, and asking about files not uploaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.forms import texts
from tui.widgets import dialog

if TYPE_CHECKING:
    from shared.forms.definition import Step
    from shared.problems import FieldError
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.forms.uploads import FileSlot
    from tui.saving.saver import Saver


class Gate:
    """Handles every way out of a step: another step, Submit, another screen, or quitting.

    It first collects the input into the draft, saves it as far as needed, and asks about files
    that were not uploaded.
    """

    def __init__(self, editor: FormEditor, steps: Steps, state: FormState, saver: Saver) -> None:
        self._editor = editor
        self._steps = steps
        self._state = state
        self._saver = saver

    def to_step(self, index: int, pointer: str = "") -> None:
        """Save and show another step, and focus the field at a pointer."""
        self._steps.collect()
        self._saver.send_now()
        self._ask_first(self._files_of_step(), lambda: self._show(index, pointer))

    def to_next_step(self) -> None:
        """Save and show the next step, unless the current one has errors or chosen files."""
        self._editor.run_worker(
            self._to_next_step(), group="move", exclusive=True, exit_on_error=False
        )

    async def _to_next_step(self) -> None:
        await self._steps.settle()
        self._saver.send_now()
        following = self._steps.index + 1
        if files := self._files_of_step():
            self._ask_first(files, lambda: self._show(following))
        elif not self._steps.warn():
            self._drop_empty_entries(self._steps.view.step)
            await self._steps.show(following)

    def _show(self, index: int, at: str = "") -> None:
        self._drop_empty_entries(self._steps.view.step)
        self._editor.run_worker(
            self._steps.show(index, at), group="move", exclusive=True, exit_on_error=False
        )

    def _files_of_step(self) -> list[FileSlot]:
        groups = {field.id for field in self._steps.view.step.fields}
        return self._state.uploads.not_uploaded(groups)

    def _drop_empty_entries(self, step: Step | None = None) -> None:
        self._state.drop_empty_entries(step)
        if self._state.draft.unsaved:
            self._saver.input_changed()

    def _ask_first(
        self,
        files: list[FileSlot],
        proceed: Callable[[], None],
        *,
        forget: bool = False,
        wait: bool = False,
    ) -> None:
        """Call `proceed`, after asking about files that are not attached yet.

        To go on without them forgets them with `forget`. With `wait`, Upload does not proceed.
        """
        if not files:
            proceed()
            return
        uploads = self._state.uploads

        def answered(answer: str | None) -> None:
            still = [slot for slot in files if slot in uploads.pending]
            if answer == "upload":
                for group in {slot.group for slot in files}:
                    uploads.agree(group)
                uploads.start(still)
            elif answer == "go" and forget:
                uploads.discard(still)
            if answer == "go" or (answer == "upload" and not wait):
                proceed()

        question = texts.not_uploaded(self._state, files)
        self._editor.app.push_screen(dialog.ChoiceDialog(*question), answered)

    async def check_before_submit(self) -> list[FieldError]:
        """Collect all input; return the errors that prevent submitting."""
        await self._steps.settle()
        return self._state.errors()

    def before_submit(self, submit: Callable[[], None]) -> None:
        """Call `submit`, after asking about files that would not be part of the form."""

        def proceed() -> None:
            self._drop_empty_entries()
            submit()

        self._ask_first(self._state.uploads.pending, proceed, forget=True, wait=True)

    async def before_quit(self, quit: Callable[[], None]) -> None:
        """Call `quit`, after asking about files that are not being uploaded."""
        await self._steps.settle()

        def proceed() -> None:
            self._drop_empty_entries(self._steps.view.step)
            quit()

        files = self._state.uploads.not_uploaded()
        self._ask_first(files, proceed, forget=True, wait=True)

    async def leave(self, go: Callable[[], None]) -> None:
        """Save, or journal what a slow server has not saved in time, then call `go`.

        It first asks about files that are not being uploaded.
        """
        await self._steps.settle()

        def proceed() -> None:
            self._editor.run_worker(
                self._leave(go), group="leave", exclusive=True, exit_on_error=False
            )

        self._ask_first(self._state.uploads.not_uploaded(), proceed, forget=True)

    async def _leave(self, go: Callable[[], None]) -> None:
        self._drop_empty_entries(self._steps.view.step)
        if not await self.save():
            text = self._editor.portal.with_keys(texts.unsaved_notice(self._state))
            self._editor.notify(text, markup=False)
        if self._editor.is_on_top:
            go()

    async def save(self) -> bool:
        """Save, journalling what is not acknowledged in time; return whether all is saved."""
        await self._steps.settle()
        return await self._saver.save_before_leaving()
