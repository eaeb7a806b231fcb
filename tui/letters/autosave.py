"""Saving a letter while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.problems import ProblemCode
from tui.core.errors import PortalError, Refused, Unreachable
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.letters.exchange import LetterExchange
    from tui.letters.questions import LetterQuestions

SAVE_SECONDS = 1.0
"""Pause in typing after which the draft is saved."""
RETRY_SECONDS = 5.0
"""Pause before the next attempt to save while the portal can't be reached."""
NOT_SAVED = "Not saved yet"
NOT_SAVED_CHANGED = "✗ Not saved: somebody else changed it"


class Autosave:
    """Saves a letter once typing pauses, and again while the portal can't be reached.

    Nothing covers the screen and the focus stays where it is while the officer types.
    """

    def __init__(
        self, screen: PortalScreen, questions: LetterQuestions, exchange: LetterExchange
    ) -> None:
        self._screen, self._questions, self._exchange = screen, questions, exchange
        self._timer: Timer | None = None
        self._is_unreachable = False

    def restart(self) -> None:
        """Save after a pause from now."""
        self._screen.show_state(NOT_SAVED)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(SAVE_SECONDS, self._save_later)

    def _save_later(self) -> None:
        self._questions.count_words()
        # Not `call`, which would cancel a save that the server may be about to make.
        self._screen.run_worker(self.save_quietly(), group="save", exit_on_error=False)

    async def save_quietly(self) -> bool:
        """Save, showing an error without moving the focus; return whether all is saved."""
        if errors := self._questions.errors():
            self._questions.show_errors(errors)
            return False
        try:
            await self.save()
        except PortalError as error:
            self._on_error(error)
        return not self._exchange.has_unsaved_texts

    async def save(self) -> None:
        """Save what was typed since the last save; raises PortalError."""
        await self._exchange.save()
        self._is_unreachable = False
        self._questions.show_errors([])
        if self._exchange.has_unsaved_texts:  # typed meanwhile
            self._screen.show_state(NOT_SAVED)

    def _on_error(self, error: PortalError) -> None:
        self._screen.show_state(NOT_SAVED)
        if isinstance(error, Refused) and error.code is ProblemCode.STALE:
            self._screen.show_state(NOT_SAVED_CHANGED, NOT_SAVED)
        elif isinstance(error, Refused) and error.errors:
            self._questions.show_errors(error.errors)
        elif isinstance(error, Unreachable):
            if not self._is_unreachable:
                self._screen.portal.show_error(error)
            self._is_unreachable = True
            self._timer = self._screen.set_timer(RETRY_SECONDS, self._save_later)
        else:
            self._screen.portal.show_error(error)
