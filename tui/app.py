"""The app: creates its parts, binds the global keys and shows errors."""

from __future__ import annotations

import asyncio
import os
import traceback
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter
from textual.worker import get_current_worker

from shared.places import Place, PlaceKind
from tui.core.client import Client
from tui.core.commands import command
from tui.core.confinement import confined_folder
from tui.core.desktop_notifier import DesktopNotifier
from tui.core.driver import create_driver_class
from tui.core.ending import on_termination
from tui.core.errors import PortalError, Refused
from tui.core.garbage import (
    ReleasingWorkers,
    collect_closed_widgets,
    release_drawn_lines,
    tune_collector,
)
from tui.core.keychain import Keychain
from tui.core.settings import Settings
from tui.forms.open_forms import OpenForms
from tui.leaving import ExitHandler
from tui.messages.news import MessagePoller
from tui.navigation import Navigation, create_screen
from tui.saving.journal import Journal
from tui.session import Session
from tui.widgets.control_characters import ControlCharacterFilter
from tui.widgets.key_order import KeyOrder
from tui.widgets.keyline import KeyLine, name_keys
from tui.widgets.screen import PortalScreen, is_typing
from tui.widgets.themed_app import ThemedApp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from textual.screen import Screen

    from shared.accounts import PortalInfo
    from shared.messages import MessagesPage
    from tui.core.portal import ResultT

FIRST_FRAME_SECONDS = 0.05
"""Delay of deferred work after the first frame, so that the frame is displayed."""

NEXT_HELP = "Go on to the next field, link or button."
PREVIOUS_HELP = "Go back to the previous field, link or button."
GO_HELP = "Go to Home or another of the main places: its letter follows."
FIND_HELP = "Find a child, a form, a message or a command by what you type."
HELP_HELP = "Help on what has the focus."
QUIT_HINT = "{quit} leaves the portal; Ctrl+C copies what is selected in a text."
FAILURE_MESSAGE = (
    "The portal's program made a mistake, and could not finish what it was doing. What it called "
    "saved is kept. Try again; if it happens again, tell the support desk: {} at {}:{}."
)
CRASH_MESSAGE = (
    "The portal's program made a mistake and had to end. What it called saved is kept; start it "
    "again and go on from there. Tell the support desk: {} at {}:{}."
)


class PortalApp(ThemedApp, KeyOrder):
    """The portal's client, for one server and one account at a time."""

    TITLE = "Professional Portal"
    # Textual loads no other styles for the first screen.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["portal.tcss", "accounts/accounts.tcss"]
    ENABLE_COMMAND_PALETTE = False  # replaced by tui.palette
    BINDINGS: ClassVar[list[BindingType]] = [
        command("go", "g", "go", "go to", GO_HELP, show=False, priority=True),
        command("find", "slash", "find", "find", FIND_HELP, show=False, priority=True),
        command("help.sign", "question_mark", "help", "help", HELP_HELP, show=False),
        command("help", "f1", "help", "help", HELP_HELP),
        command(
            "palette",
            "ctrl+p",
            "command_palette",
            "everything else",
            FIND_HELP,
        ),
        command("next", "tab", "focus_next", "next field", NEXT_HELP, show=False, priority=True),
        command(
            "previous",
            "shift+tab",
            "focus_previous",
            "previous field",
            PREVIOUS_HELP,
            show=False,
            priority=True,
        ),
        command("quit", "ctrl+q", "quit", "quit", "Leave the portal.", show=False),
    ]

    def __init__(self, settings: Settings, *, client: Client | None = None) -> None:
        super().__init__(settings)
        self._workers = ReleasingWorkers(self, self._report_failure)
        self.driver_class = create_driver_class() or self.driver_class
        self.client = client or Client(settings.server, ca_file=settings.ca_file)
        self.client.on_busy = self._notify_busy
        self.keychain = Keychain(self.client.server, in_memory=confined_folder() is not None)
        self.journal = Journal(settings.state, self.keychain)
        self.forms = OpenForms(self.client, self.journal, self._notify)
        self.info: PortalInfo | None = None
        self.notifier = DesktopNotifier(self, settings)
        self.message_poller = MessagePoller(self)
        self.navigation = Navigation(self)
        self.session = Session(self, self.client, self.keychain, self.forms, self.message_poller)
        self._exit_handler = ExitHandler(self, self.forms)
        self._after_first_paint: list[Callable[[], None]] = []
        self._is_painted = False
        self._settings_notice: str | None = None
        self._control_filter = ControlCharacterFilter()
        self.animation_level = "none"
        self.set_keymap(settings.keys)

    def _notify(self, text: str) -> None:
        self.notify(text, timeout=8, markup=False)

    def _notify_busy(self) -> None:
        self.notify("The portal is busy. Trying again.")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add a filter that strips control characters, so that text can't control the terminal."""
        return [*super().get_line_filters(), self._control_filter]

    async def on_event(self, event: Event) -> None:
        """Record each key press and mouse event as user activity."""
        if isinstance(event, InputEvent):
            self.message_poller.record_activity()
            self.session.watch.record_activity()
        await super().on_event(event)

    def on_mount(self) -> None:
        """Defer all work that the sign-in form does not need."""
        release_drawn_lines()
        self.after_first_paint(self.session.begin_resume)
        self.session.limit_sign_in()
        self.after_first_paint(self.load_styles)
        if not self.is_headless:
            self.after_first_paint(tune_collector)
            self.after_first_paint(
                lambda: collect_closed_widgets(lambda: self.message_poller.idle_seconds)
            )
            on_termination(self._exit_handler.terminate)

    def get_default_screen(self) -> Screen[None]:
        """Start with the sign-in form instead of a blank screen below it."""
        screen = create_screen(Place(PlaceKind.SIGN_IN))
        screen._push_result_callback(screen, None)  # otherwise it can't be replaced
        return screen

    def after_first_paint(self, callback: Callable[[], None]) -> None:
        """Run a callback after the first paint; used to defer slow work such as imports."""
        if self._is_painted:
            callback()
        else:
            self._after_first_paint.append(callback)

    async def check_settings(self) -> str:
        """Return a notice about ignored settings, or ''."""
        if self._settings_notice is None:
            problems = self.settings.problems
            if self.settings.keys:
                from tui.core.key_settings import find_key_problems

                # This imports every screen, so it runs in a thread.
                problems += tuple(await asyncio.to_thread(find_key_problems, self.settings))
            self._settings_notice = self.settings.describe(problems)
        return self._settings_notice

    def with_keys(self, text: str) -> str:
        """Replace each command in braces, such as `{form.save}`, with its current key."""
        return name_keys(text, self.settings.keys)

    def post_display_hook(self) -> None:
        """Start deferred work after the first frame that includes the footer's keys."""
        if not self._is_painted and any(line.is_drawn for line in self.screen.query(KeyLine)):
            self._is_painted = True
            for callback in self._after_first_paint:
                self.set_timer(FIRST_FRAME_SECONDS, callback)

    def mark_messages_seen(self, page: MessagesPage) -> None:
        """Record the newest messages shown, so that only later ones count as new."""
        self.message_poller.mark_seen(page)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List the commands of the palette that have no key."""
        if "notify" not in self.settings.fixed:
            yield self.notifier.toggle_command()
        if "colours" not in self.settings.fixed:
            yield from self.look_commands()

    async def ask(self, dialog: Screen[ResultT], *, anyway: bool = False) -> ResultT | None:
        """Show a dialog and return its answer; only in a worker.

        None if the worker's screen is no longer on top, unless it is to be shown `anyway`.
        """
        screen = get_current_worker().node
        if isinstance(screen, PortalScreen) and not screen.is_on_top and not anyway:
            return None
        return await self.push_screen_wait(dialog)

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, then save it."""
        from tui.documents.save import SaveDocument

        self.push_screen(SaveDocument(document, name))

    def pick_school_file(self, then: Callable[[Path], None]) -> None:
        """Ask for a school's file, and call `then` with the chosen file."""
        from tui.documents.picker import SCHOOL_FILE, PickFiles

        def on_picked(files: list[Path] | None) -> None:
            if files:
                then(files[0])

        self.push_screen(PickFiles(SCHOOL_FILE), on_picked)

    def show_error(self, error: PortalError) -> None:
        """Show an error unrelated to any field, or ask to sign in if the session has ended."""
        if self.session.is_ending:
            return  # pending requests fail when the user signs out
        if isinstance(error, Refused):
            from shared.problems import ProblemCode

            if error.code is ProblemCode.SIGN_IN_REQUIRED and self.client.token is None:
                return  # the user has signed out since the request
            if error.code in {ProblemCode.SIGN_IN_REQUIRED, ProblemCode.FRESH_SIGN_IN_REQUIRED}:
                screen = self.screen
                if not (isinstance(screen, PortalScreen) and screen.handle_signed_out(error)):
                    self.session.sign_in_again(str(error))
                return
            if error.code is ProblemCode.TWO_STEP_REQUIRED:
                self.navigation.open_place(PlaceKind.ACCOUNT_SECTION.of("two-step"))
        self.notify(str(error), severity="error", timeout=8, markup=False)

    async def action_quit(self) -> None:
        """Quit after saving input, asking first if anything would be lost."""
        self._exit_handler.quit()

    def _report_failure(self, error: BaseException) -> None:
        """Show the error of work in the background, which would otherwise end unseen."""
        if isinstance(error, PortalError):
            self.show_error(error)
        else:
            text = FAILURE_MESSAGE.format(*_locate(error))
            # What fails again and again would cover the screen.
            if all(notice.message != text for notice in self._notifications):
                self.notify(text, severity="error", timeout=20, markup=False)

    def _fatal_error(self) -> None:
        # Textual's traceback shows local variables, which may contain a child's answers.
        assert self._exception is not None  # noqa: S101 - set before this is called
        self.panic(CRASH_MESSAGE.format(*_locate(self._exception)))

    def action_help_quit(self) -> None:
        """Show the keys for quitting and copying when Ctrl+C is pressed."""
        self.notify(self.with_keys(QUIT_HINT), markup=False)

    def action_help(self) -> None:
        """Open help on the focused widget."""
        from tui.widgets.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen))

    def action_command_palette(self) -> None:
        """Open the palette: commands, places, and a search for children, forms and messages."""
        from tui.palette import open_palette

        open_palette(self, self.settings.keys)

    def action_go(self) -> None:
        """Ask for the letter of a place, then go there."""
        from tui.widgets.go_to import GoTo

        screen, account = self.screen, self.session.account
        if isinstance(screen, PortalScreen) and account is not None:

            def on_place(place: Place | None) -> None:
                if place is not None:
                    screen.leave_for(partial(self.navigation.open_place, place))

            self.push_screen(GoTo(account.staff), on_place)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable single-letter commands unless the user is typing or a dialog is open."""
        if action not in {"go", "find"}:
            return True
        screen = self.screen
        if not isinstance(screen, PortalScreen) or is_typing(self.focused):
            return False
        return not screen.HAS_FILTER if action == "find" else self.session.account is not None

    def action_find(self) -> None:
        """Open the palette; on screens with a filter, the same key focuses the filter."""
        self.action_command_palette()

    async def on_unmount(self) -> None:
        """Stop background work and close the connections."""
        await self.forms.stop()
        await self.client.close()


def _locate(error: BaseException) -> tuple[str, str, int | None]:
    """Return the kind of an error, and the file and line of the portal where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [frame for frame in frames if f"{os.sep}tui{os.sep}" in frame.filename] or frames
    return type(error).__name__, Path(own_frames[-1].filename).name, own_frames[-1].lineno
