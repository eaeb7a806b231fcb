"""Leaving the portal: what is typed is saved or stored first, what would be lost is asked about."""

from __future__ import annotations

from typing import cast

from textual.app import App

from tui.core.ending import end_at_last
from tui.core.portal import Portal
from tui.forms.open_forms import OpenForms
from tui.widgets.dialog import Question
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


class Leaving:
    """The ways out of the program, from inside and from outside."""

    def __init__(self, app: App[None], forms: OpenForms) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._forms = forms

    def quit(self) -> None:
        """Leave once what is typed is saved; what would be lost is asked about first."""
        self._app.run_worker(self._quit(), group="quit", exclusive=True, exit_on_error=False)

    async def _quit(self) -> None:
        is_safe = await save_or_store(self._app, self._forms)
        if not is_safe or any(self._portal.session.unsent.values()):
            self._app.push_screen(Question(*QUIT), self._quit_anyway)
        elif self._forms.uploading():
            self._app.push_screen(Question(*UPLOADING), self._quit_anyway)
        else:
            self._exit()

    def _quit_anyway(self, answer: str | None) -> None:
        if answer == "leave":
            self._exit()

    def end_from_outside(self) -> None:
        """Save what is typed and end, without a question: nobody is there to answer."""

        async def end() -> None:
            await save_or_store(self._app, self._forms)
            self._exit()

        self._app.run_worker(end(), group="end", exit_on_error=False)

    def _exit(self) -> None:
        if not self._app.is_headless:
            end_at_last()
        self._app.exit()


async def save_or_store(app: App[None], forms: OpenForms) -> bool:
    """Save what is typed, or store it on this machine; whether nothing would be lost now."""
    screens = [one for one in app.screen_stack if isinstance(one, PortalScreen)]
    is_safe = all([await screen.keep() for screen in screens])
    return await forms.store_for_exit() and is_safe
