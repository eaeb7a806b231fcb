"""The ways out of a step: saving first, and asking about files not uploaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.forms import texts
from tui.widgets import dialog

if TYPE_CHECKING:
    from shared.problems import FieldError
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.saving.saver import Saver


class Gate:
    """Leads to another step, to Submit, to another place or out of the program.

    It first collects the input into the draft, saves it as far as needed, and asks about files
    that were not uploaded.
    """

    def __init__(self, editor: FormEditor, steps: Steps, state: FormState, saver: Saver) -> None:
        self._editor = editor
        self._steps = steps
        self._state = state
        self._saver = saver

    def to_step(self, index: int, at: str = "") -> None:
        """Save and show another step, with the focus on the field of a pointer."""
        self._steps.collect()
        self._saver.send_now()
        self._editor.run_worker(
            self._steps.show(index, at), group="move", exclusive=True, exit_on_error=False
        )

    def to_next_step(self) -> None:
        """Save and show the next step, unless the current one has errors or chosen files."""
        self._editor.run_worker(
            self._to_next_step(), group="move", exclusive=True, exit_on_error=False
        )

    async def _to_next_step(self) -> None:
        await self._steps.settle()
        self._saver.send_now()
        if files := self._steps.view.not_uploaded():
            self._ask_to_upload(files)
        elif not self._steps.warn():
            await self._steps.show(self._steps.index + 1)

    def _ask_to_upload(self, files: list[str]) -> None:
        view = self._steps.view

        def answered(answer: str | None) -> None:
            if answer == "upload":
                view.upload_chosen()
            elif answer == "go":
                self.to_step(self._steps.index + 1)

        self._editor.app.push_screen(dialog.Question(*texts.not_uploaded(files)), answered)

    async def check_before_submit(self) -> list[FieldError]:
        """Collect all input; return the errors that prevent submitting."""
        await self._steps.settle()
        return self._state.errors()

    async def leave(self, go: Callable[[], None]) -> None:
        """Save, or journal what a slow server has not saved in time, then call `go`."""
        if not await self.save():
            self._editor.notify(texts.unsaved_notice(self._state), markup=False)
        if self._editor.on_top:
            go()

    async def save(self) -> bool:
        """Save, or journal what is late; return whether the server has everything."""
        await self._steps.settle()
        return await self._saver.save_before_leaving()
