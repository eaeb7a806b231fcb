"""The gate of an open form: every way out of what is typed goes through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.forms import words
from tui.widgets import dialog

if TYPE_CHECKING:
    from shared.problems import FieldError
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState
    from tui.forms.steps import Steps
    from tui.saving.saver import Saver


class Gate:
    """Lets go to another step, to Submit, to another place or out of the program.

    Before that it brings what was typed into the draft, has it saved as far as that way needs,
    and asks about what would be left behind.
    """

    def __init__(self, editor: FormEditor, steps: Steps, state: FormState, saver: Saver) -> None:
        self._editor = editor
        self._steps = steps
        self._state = state
        self._saver = saver

    def to_step(self, place: int, at: str = "") -> None:
        """Save, and show another step, with the focus at a pointer."""
        self._steps.collect()
        self._saver.hurry()
        self._editor.run_worker(
            self._steps.show(place, at), group="move", exclusive=True, exit_on_error=False
        )

    def to_next_step(self) -> None:
        """Save, and show the next step, after what the present one holds back from it."""
        self._editor.run_worker(
            self._to_next_step(), group="move", exclusive=True, exit_on_error=False
        )

    async def _to_next_step(self) -> None:
        await self._steps.settle()
        self._saver.hurry()
        if files := self._steps.view.not_uploaded():
            self._ask_to_upload(files)
        elif not self._steps.warn():
            await self._steps.show(self._steps.place + 1)

    def _ask_to_upload(self, files: list[str]) -> None:
        view = self._steps.view

        def answered(answer: str | None) -> None:
            if answer == "upload":
                view.upload_chosen()
            elif answer == "go":
                self.to_step(self._steps.place + 1)

        self._editor.app.push_screen(dialog.Question(*words.not_uploaded(files)), answered)

    async def to_submit(self) -> list[FieldError]:
        """Bring all into the draft; returns what stands in the way of submitting it."""
        await self._steps.settle()
        return self._state.errors()

    async def to_place(self, go: Callable[[], None]) -> None:
        """Save, or keep on this machine what a slow server does not answer in time, and go."""
        if not await self.to_end():
            self._editor.notify(words.left(self._state), markup=False)
        if self._editor.on_top:
            go()

    async def to_end(self) -> bool:
        """Save, or keep on this machine what is late; returns whether the server has it all."""
        await self._steps.settle()
        return await self._saver.saved_in_time()
