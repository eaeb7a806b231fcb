"""The app: its parts put together, the keys that work everywhere, and every error shown."""

from __future__ import annotations

import os
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter
from textual.screen import Screen

from shared.places import Place, PlaceKind
from tui.core.client import Client
from tui.core.commands import command
from tui.core.driver import outliving_driver
from tui.core.ending import when_ended
from tui.core.errors import PortalError, Refused
from tui.core.keychain import Keychain
from tui.core.settings import Settings
from tui.forms.open_forms import OpenForms
from tui.leaving import Leaving
from tui.messages.news import MessageNews
from tui.navigation import Navigation
from tui.saving.journal import Journal
from tui.session import Session
from tui.widgets.key_order import KeyOrder
from tui.widgets.keyline import KeyLine
from tui.widgets.plain import PlainText
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from shared.accounts import PortalInfo
    from shared.messages import MessagesPage

FRAMES = 0.05
"""Seconds after the first frame in which the cursor and the keys come into it."""

ON_HELP = "Go on to the next field, link or button."
UP_HELP = "Go back to the field, link or button before."
LINK_HELP = "Go where the link of that name leads, on top of the page."
LEAVING = "Ctrl+Q leaves the portal; Ctrl+C copies what is selected in a text."
CRASHED = (
    "The portal's program made a mistake and had to end. What it called saved is kept; start it "
    "again and go on from there. Tell the support desk: {} at {}:{}."
)


class PortalApp(KeyOrder):
    """The portal's client: one server, one account at a time."""

    TITLE = "Professional Portal"
    CSS_PATH = "portal.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("help", "f1", "help", "help", "Help on what has the focus."),
        command(
            "palette",
            "ctrl+p",
            "command_palette",
            "everything else",
            "List and search every command.",
        ),
        command("next", "tab", "focus_next", "next field", ON_HELP, shown=False, first=True),
        command(
            "previous",
            "shift+tab",
            "focus_previous",
            "field before",
            UP_HELP,
            shown=False,
            first=True,
        ),
        command("quit", "ctrl+q", "quit", "quit", "Leave the portal.", shown=False),
    ]

    def __init__(self, settings: Settings, *, client: Client | None = None) -> None:
        super().__init__()
        self.driver_class = outliving_driver() or self.driver_class
        self.settings = settings
        self.client = client or Client(settings.server)
        self.client.when_busy = self._say_busy
        self.keychain = Keychain(self.client.server)
        self.journal = Journal(settings.state, self.keychain)
        self.forms = OpenForms(self.client, self.journal, self._tell_of_form)
        self.info: PortalInfo | None = None
        self.message_news = MessageNews(self)
        self.navigation = Navigation(self)
        self.session = Session(self, self.client, self.keychain, self.forms, self.message_news)
        self._leaving = Leaving(self, self.forms)
        self._at_first_paint: list[Callable[[], None]] = []
        self._painted = False
        self._plain_text = PlainText()
        self.animation_level = "none"
        self.set_keymap(settings.keys)

    def _tell_of_form(self, words: str) -> None:
        self.notify(words, timeout=8, markup=False)

    def _say_busy(self) -> None:
        self.notify("The portal is busy. Trying again.")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Draw nothing that a terminal would obey."""
        return [*super().get_line_filters(), self._plain_text]

    async def on_event(self, event: Event) -> None:
        """Note each key and move of the mouse: somebody is there."""
        if isinstance(event, InputEvent):
            self.message_news.used()
            self.session.watch.used()
        await super().on_event(event)

    def on_mount(self) -> None:
        """Paint the sign-in form at once; everything else comes after."""
        self.navigation.start_now(Place(PlaceKind.SIGN_IN))
        self.when_painted(self.session.begin_resume)
        if not self.is_headless:
            when_ended(self._leaving.end_from_outside)

    def when_painted(self, begin: Callable[[], None]) -> None:
        """Begin something slow, as an import, once the first form stands on the terminal."""
        if self._painted:
            begin()
        else:
            self._at_first_paint.append(begin)

    def post_display_hook(self) -> None:
        """Begin what waits for the first paint: a frame that has the keys in it."""
        if not self._painted and any(line.drawn for line in self.screen.query(KeyLine)):
            self._painted = True
            for begin in self._at_first_paint:
                self.set_timer(FRAMES, begin)

    def saw_messages(self, page: MessagesPage) -> None:
        """Note the newest messages that were shown: a later one is told of as new."""
        self.message_news.saw(page)

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, and save it there."""
        from tui.documents.save import SaveDocument

        self.push_screen(SaveDocument(document, name))

    def pick_school_file(self, then: Callable[[Path], None]) -> None:
        """Ask for a file of the school's system, and go on with it if one is chosen."""
        from tui.documents.picker import SCHOOL_FILE, PickFiles

        def on_picked(files: list[Path] | None) -> None:
            if files:
                then(files[0])

        self.push_screen(PickFiles(SCHOOL_FILE), on_picked)

    def show_error(self, error: PortalError) -> None:
        """Tell an error that no field of the screen can tell; a lost session signs in in place."""
        if self.session.is_ending:
            return  # what was asked meanwhile is answered that nobody is signed in
        if isinstance(error, Refused):
            from shared.problems import ProblemCode

            if error.code is ProblemCode.SIGN_IN_REQUIRED and self.client.token is None:
                return  # nobody is signed in any more who asked for it
            if error.code in {ProblemCode.SIGN_IN_REQUIRED, ProblemCode.FRESH_SIGN_IN_REQUIRED}:
                screen = self.screen
                if not (isinstance(screen, PortalScreen) and screen.signed_out(error)):
                    self.session.sign_in_again(str(error))
                return
            if error.code is ProblemCode.TWO_STEP_REQUIRED:
                self.navigation.open_place(PlaceKind.ACCOUNT_SECTION.of("two-step"))
        self.notify(str(error), severity="error", timeout=8, markup=False)

    async def action_quit(self) -> None:
        """Leave once what is typed is saved; what would be lost is asked about first."""
        self._leaving.quit()

    def _fatal_error(self) -> None:
        # Textual's own shows a trace with all that was at hand, a child's answers among it.
        assert self._exception is not None  # noqa: S101 - that is what ends the program
        frames = traceback.extract_tb(self._exception.__traceback__)
        own = [frame for frame in frames if f"{os.sep}tui{os.sep}" in frame.filename] or frames
        kind = type(self._exception).__name__
        self.panic(CRASHED.format(kind, Path(own[-1].filename).name, own[-1].lineno))

    def action_help_quit(self) -> None:
        """Say what leaves, to who presses Ctrl+C for it."""
        self.notify(LEAVING, markup=False)

    def action_help(self) -> None:
        """Help on what has the focus."""
        from tui.widgets.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List the commands in force for the palette, from the same bindings as the footer."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.action == "command_palette":
                continue
            if binding.tooltip and active.enabled and binding.action not in seen:
                seen.add(binding.action)
                action, node = binding.action, active.node
                yield SystemCommand(
                    binding.description.capitalize(),
                    binding.tooltip,
                    lambda action=action, node=node: self.run_worker(self.run_action(action, node)),
                )
        if isinstance(screen, PortalScreen):
            for words, place in screen.links:
                go = partial(screen.leave_for, partial(self.navigation.open_place, place))
                yield SystemCommand(words, LINK_HELP, go)

    async def on_unmount(self) -> None:
        """End what goes on, and close the connections."""
        await self.forms.end()
        await self.client.close()
