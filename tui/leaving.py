"""Quitting the portal, after saving or storing input."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import App
from textual.screen import Screen

from tui.core.ending import schedule_kill
from tui.forms.open_forms import OpenForms
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.key_order import KeyOrder
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from tui.core.portal import Portal

QUIT_QUESTION = (
    "Leave the portal?",
    "The server has not confirmed all that you typed, and this machine can't keep it: it may be "
    "lost.",
    (("stay", "Stay here"), ("leave", "Leave without saving")),
)
UPLOAD_QUESTION = (
    "Leave the portal?",
    "A file is still being uploaded. It would have to be chosen again.",
    (("stay", "Stay here"), ("leave", "Leave and stop it")),
)


SAVING = "Saving…"
SAVING_NOTICE_SECONDS = 8
ALL_SAVED = "All that you typed in the portal is saved."
DEMO_ENDED = "This was a demo: what you typed in it is not kept."
STORED_LOCALLY = (
    "Not on the server yet: {}. It is kept on this machine, and sent when you open it again here."
)
NOT_SAVED = "Not saved: {}."
INCOMPLETE = "Not everything was saved or uploaded."


class ExitHandler:
    """Ends the program at the user's request or on a signal."""

    def __init__(self, app: KeyOrder, forms: OpenForms) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._forms = forms

    def quit(self) -> None:
        """Quit after saving input, asking first if anything would be lost."""
        screens = [screen for screen in self._app.screen_stack if isinstance(screen, PortalScreen)]
        if screens:
            screens[-1].before_quit(self._save_and_quit)
        else:
            self._save_and_quit()

    def _save_and_quit(self) -> None:
        self._app.run_worker(self._quit(), group="quit", exclusive=True, exit_on_error=False)

    async def _quit(self) -> None:
        if self._forms.unsaved_titles():
            self._app.notify(SAVING, timeout=SAVING_NOTICE_SECONDS)
        is_safe = await save_or_store(self._app, self._forms)
        if not is_safe or any(self._portal.session.unsent.values()):
            self._app.push_screen(ChoiceDialog(*QUIT_QUESTION), self._on_answer)
        elif self._forms.uploading_names():
            self._app.push_screen(ChoiceDialog(*UPLOAD_QUESTION), self._on_answer)
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
            schedule_kill()
        self._app.exit(message=self._exit_message(is_complete))

    def _exit_message(self, is_complete: bool) -> Text | None:
        """Return the message to print after exit, or None if no form was used."""
        if self._portal.info and self._portal.info.demo:
            return Text(DEMO_ENDED)
        if titles := ", ".join(self._forms.unsaved_titles()):
            return Text(
                (STORED_LOCALLY if self._forms.is_stored_locally else NOT_SAVED).format(titles)
            )
        if not is_complete:
            return Text(INCOMPLETE)
        return Text(ALL_SAVED) if self._forms.has_opened_forms else None


async def save_or_store(
    app: App[None], forms: OpenForms, *, confirmed_screen: Screen[object] | None = None
) -> bool:
    """Save all input or store it on this machine, and return whether all of it is safe.

    The input of `confirmed_screen` counts as safe, because the user agreed to lose it.
    """
    screens = [screen for screen in app.screen_stack if isinstance(screen, PortalScreen)]
    is_safe = all([await screen.save_input() or screen is confirmed_screen for screen in screens])
    return await forms.store_for_exit() and is_safe
