"""Quitting the portal: saves or stores input first, and asks if anything would be lost."""

from __future__ import annotations

from typing import cast

from rich.text import Text
from textual.app import App
from textual.screen import Screen

from tui.core.ending import exit_soon
from tui.core.portal import Portal
from tui.forms.open_forms import OpenForms
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.key_order import KeyOrder
from tui.widgets.screen import PortalScreen

QUIT = (
    "Leave the portal?",
    "The server has not confirmed all that you typed, and this machine can't keep it: it may be "
    "lost.",
    (("stay", "Stay here"), ("leave", "Leave without saving")),
)
UPLOADING = (
    "Leave the portal?",
    "A file is still being uploaded. It would have to be chosen again.",
    (("stay", "Stay here"), ("leave", "Leave and stop it")),
)


SAVING = "Saving…"
SAVING_SECONDS = 8
ALL_SAVED = "All that you typed in the portal is saved."
KEPT_HERE = (
    "Not on the server yet: {}. It is kept on this machine, and sent when you open it again here."
)
NOT_KEPT = "Not saved: {}."
INCOMPLETE = "Not everything was saved or uploaded."


class Leaving:
    """Ends the program, at the user's request or on a signal."""

    def __init__(self, app: KeyOrder, forms: OpenForms) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._forms = forms

    def quit(self) -> None:
        """Quit once input is saved; ask first if anything would be lost."""
        screens = [screen for screen in self._app.screen_stack if isinstance(screen, PortalScreen)]
        if screens:
            screens[-1].before_quit(self._save_and_quit)
        else:
            self._save_and_quit()

    def _save_and_quit(self) -> None:
        self._app.run_worker(self._quit(), group="quit", exclusive=True, exit_on_error=False)

    async def _quit(self) -> None:
        if self._forms.unsaved_titles():
            self._app.notify(SAVING, timeout=SAVING_SECONDS)
        is_safe = await save_or_store(self._app, self._forms)
        if not is_safe or any(self._portal.session.unsent.values()):
            self._app.push_screen(ChoiceDialog(*QUIT), self._on_answer)
        elif self._forms.uploading_names():
            self._app.push_screen(ChoiceDialog(*UPLOADING), self._on_answer)
        else:
            self._exit(is_complete=True)

    def _on_answer(self, answer: str | None) -> None:
        if answer == "leave":
            self._exit(is_complete=False)

    def terminate(self) -> None:
        """Save input and exit without asking, because the terminal may be gone."""

        async def end() -> None:
            await self._app.catch_up()
            is_safe = await save_or_store(self._app, self._forms)
            self._exit(is_complete=is_safe and not self._forms.uploading_names())

        self._app.run_worker(end(), group="end", exit_on_error=False)

    def _exit(self, *, is_complete: bool) -> None:
        if not self._app.is_headless:
            exit_soon()
        self._app.exit(message=self._last_words(is_complete))

    def _last_words(self, is_complete: bool) -> Text | None:
        """Return what is written on the terminal at the end, if a form was filled."""
        if titles := ", ".join(self._forms.unsaved_titles()):
            return Text((KEPT_HERE if self._forms.is_stored_locally else NOT_KEPT).format(titles))
        if not is_complete:
            return Text(INCOMPLETE)
        return Text(ALL_SAVED) if self._forms.has_opened_forms else None


async def save_or_store(
    app: App[None], forms: OpenForms, *, asked: Screen[object] | None = None
) -> bool:
    """Save all input or store it on this machine; return whether nothing would be lost.

    `asked` is the screen that has asked about its own input already.
    """
    screens = [screen for screen in app.screen_stack if isinstance(screen, PortalScreen)]
    is_safe = all([await screen.save_input() or screen is asked for screen in screens])
    return await forms.store_for_exit() and is_safe
