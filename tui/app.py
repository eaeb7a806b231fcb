"""The app: the way from place to place, the session, and what is told of every error."""

from __future__ import annotations

import os
import re
import traceback
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter
from textual.screen import Screen

from tui.accounts.session_watch import SessionWatch
from tui.core.client import Client
from tui.core.commands import command
from tui.core.driver import outliving_driver
from tui.core.ending import end_at_last, when_ended
from tui.core.errors import PortalError, Refused, Unreachable
from tui.core.keychain import Keychain
from tui.core.settings import Settings
from tui.forms.open_forms import OpenForms
from tui.messages.news import MessageNews
from tui.places import PLACES
from tui.saving.journal import Journal
from tui.widgets.dialog import Question
from tui.widgets.key_order import KeyOrder
from tui.widgets.keyline import KeyLine
from tui.widgets.plain import PlainText
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from shared.accounts import AccountOut, PortalInfo, SessionOut
    from shared.messages import MessagesPage

TOKEN = "session"  # noqa: S105 - the name of a secret
SOON = 0.02
"""Seconds until it is looked again whether a page has come."""
FRAMES = 0.05
"""Seconds after the first frame in which the cursor and the keys come into it."""
AGAIN = 3.0
"""Seconds until a session is resumed again where the server was away at the start."""

ON_HELP = "Go on to the next field, link or button."
UP_HELP = "Go back to the field, link or button before."
LINK_HELP = "Go where the link of that name leads, on top of the page."
LEAVING = "Ctrl+Q leaves the portal; Ctrl+C copies what is selected in a text."
CRASHED = (
    "The portal's program made a mistake and had to end. What it called saved is kept; start it "
    "again and go on from there. Tell the support desk: {} at {}:{}."
)
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
UNKNOWN_PLACE = "This version of the program can't open it. Update the program, then open it again."


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
        self.account: AccountOut | None = None
        self.unsent: dict[str, dict[str, str]] = {}
        self.session_watch = SessionWatch(self)
        self.message_news = MessageNews(self)
        self._at_first_paint: list[Callable[[], None]] = []
        self._painted = False
        self._signing_out = False
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
            self.session_watch.used()
        await super().on_event(event)

    def on_mount(self) -> None:
        """Paint the sign-in form at once; everything else comes after."""
        self._start_at("sign-in")
        self.when_painted(self._begin_resume)
        if not self.is_headless:
            when_ended(self._ended)

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

    def _begin_resume(self) -> None:
        if self.client.token is None:
            self.run_worker(self._resume(), group="resume", exit_on_error=False)

    async def _resume(self) -> None:
        """Go on with the session that the keychain holds, where it still lives."""
        token = await self.keychain.get(TOKEN)
        if not token:
            return
        from shared.accounts import SessionOut
        from shared.problems import ProblemCode

        self.client.token = token
        try:
            session = await self.client.ask("GET", "/v1/session", SessionOut)
        except PortalError as error:
            self.client.token = None
            if isinstance(error, Refused) and error.code is ProblemCode.SIGN_IN_REQUIRED:
                await self.keychain.forget(TOKEN)
            if isinstance(error, Unreachable):
                self.set_timer(AGAIN, self._begin_resume)
            return
        if len(self.screen_stack) == 2:  # still at the sign-in form
            self.take_session(session)

    def _screen_of(self, place: str) -> Screen[None]:
        for pattern, target in PLACES.items():
            match = re.fullmatch(pattern, place)
            if match:
                module, _, name = target.partition(":")
                made = getattr(import_module(module), name)(**match.groupdict())
                return cast("Screen[None]", made)
        raise KeyError(place)

    def open_place(self, place: str) -> None:
        """Go to a place, keeping the one before to come back to."""
        if self._later(partial(self.open_place, place)):
            return
        if place == "sign-out":
            self.sign_out()
        elif place in {"home", "sign-in"}:
            self.start_at(place)
        elif place in {"people", "cases"}:
            self._start_at("home")
            self.push_screen(self._screen_of(place))
        elif any(re.fullmatch(pattern, place) for pattern in PLACES):
            self.push_screen(self._screen_of(place))
        else:  # a message of a newer server
            self.notify(UNKNOWN_PLACE, severity="warning", timeout=8, markup=False)

    def start_at(self, place: str) -> None:
        """Go to a place and forget the way there."""
        if not self._later(partial(self.start_at, place)):
            self._start_at(place)

    def _start_at(self, place: str) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.push_screen(self._screen_of(place))

    def _later(self, go: Callable[[], None]) -> bool:
        """Go once the page that was opened last has come: what half of it is there fails to go."""
        if self.screen._is_mounted:
            return False
        self.set_timer(SOON, go)
        return True

    def leave(self) -> None:
        """Go back to the place before; at the first place, stay."""
        if self._later(self.leave):
            return
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def take_session(self, session: SessionOut) -> None:
        """Take a session that was begun: keep its token, and go on to the code or home."""
        from shared.accounts import SessionState

        if session.token:
            self.client.token = session.token
        if session.state is SessionState.CODE_REQUIRED:
            from tui.accounts.code import EnterCode

            self.push_screen(EnterCode(session))
            return
        self.renew_session(session)
        self.start_at("home")

    def renew_session(self, session: SessionOut) -> None:
        """Take a session that is signed in, and stay where the user is."""
        if session.token:
            self.client.token = session.token
        self.account = session.account
        self.forms.signed_in_again()
        self.session_watch.begin(session.idle_minutes)
        self.message_news.begin()
        self.run_worker(self._keep_token(), group="keychain", exit_on_error=False)

    async def _keep_token(self) -> None:
        if self.client.token:
            await self.keychain.set(TOKEN, self.client.token)

    def sign_out(self) -> None:
        """End the session and go to the sign-in form, once what is typed is saved or kept."""
        self.run_worker(self._sign_out(), group="sign-out", exclusive=True, exit_on_error=False)

    async def _sign_out(self) -> None:
        if self.client.token and self.account:
            await self._kept()
        if self.forms.uploading():
            self.push_screen(Question(*UPLOADING), self._sign_out_anyway)
        else:
            self._sign_out_anyway("leave")

    def _sign_out_anyway(self, answer: str | None) -> None:
        if answer == "leave":
            self._signing_out = True
            self.run_worker(self._end_session(), group="keychain", exit_on_error=False)

    async def _end_session(self) -> None:
        await self.forms.end()
        try:
            if self.client.token:
                await self.client.tell("DELETE", "/v1/session")
        except PortalError:
            pass  # the session ends by itself; this machine forgets it all the same
        finally:
            self._signing_out = False
        self.forget_session()
        await self.keychain.forget(TOKEN)

    def forget_session(self) -> None:
        """Forget who was signed in and show the sign-in form."""
        self.client.token = None
        self.account = None
        self.unsent.clear()
        self.session_watch.end()
        self.message_news.end()
        self.start_at("sign-in")

    def saw_messages(self, page: MessagesPage) -> None:
        """Note the newest messages that were shown: a later one is told of as new."""
        self.message_news.saw(page)

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, and save it there."""
        from tui.documents.save import SaveDocument

        self.push_screen(SaveDocument(document, name))

    def show_error(self, error: PortalError) -> None:
        """Tell an error that no field of the screen can tell; a lost session signs in in place."""
        if self._signing_out:
            return  # what was asked meanwhile is answered that nobody is signed in
        if isinstance(error, Refused):
            from shared.problems import ProblemCode

            if error.code is ProblemCode.SIGN_IN_REQUIRED and self.client.token is None:
                return  # nobody is signed in any more who asked for it
            if error.code in {ProblemCode.SIGN_IN_REQUIRED, ProblemCode.FRESH_SIGN_IN_REQUIRED}:
                screen = self.screen
                if not (isinstance(screen, PortalScreen) and screen.signed_out(error)):
                    self.sign_in_again(str(error))
                return
            if error.code is ProblemCode.TWO_STEP_REQUIRED:
                self.open_place("account/two-step")
        self.notify(str(error), severity="error", timeout=8, markup=False)

    def sign_in_again(self, why: str) -> None:
        """Ask for the password on top of the work, which stays as it is."""
        from tui.accounts.sign_in_again import SignInAgain

        if not any(isinstance(screen, SignInAgain) for screen in self.screen_stack):
            email = self.account.email if self.account else ""
            self.push_screen(SignInAgain(email, why))

    async def action_quit(self) -> None:
        """Leave once what is typed is saved; what would be lost is asked about first."""
        self.run_worker(self._quit(), group="quit", exclusive=True, exit_on_error=False)

    async def _kept(self) -> bool:
        screens = [one for one in self.screen_stack if isinstance(one, PortalScreen)]
        kept = all([await screen.keep() for screen in screens])
        return await self.forms.outlives_program() and kept

    def _ended(self) -> None:
        async def end() -> None:
            await self._kept()
            self._end()

        self.run_worker(end(), group="end", exit_on_error=False)

    async def _quit(self) -> None:
        kept = await self._kept()
        if not kept or any(self.unsent.values()):
            self.push_screen(Question(*QUIT), self._quit_anyway)
        elif self.forms.uploading():
            self.push_screen(Question(*UPLOADING), self._quit_anyway)
        else:
            self._end()

    def _quit_anyway(self, answer: str | None) -> None:
        if answer == "leave":
            self._end()

    def _fatal_error(self) -> None:
        # Textual's own shows a trace with all that was at hand, a child's answers among it.
        assert self._exception is not None  # noqa: S101 - that is what ends the program
        frames = traceback.extract_tb(self._exception.__traceback__)
        own = [frame for frame in frames if f"{os.sep}tui{os.sep}" in frame.filename] or frames
        kind = type(self._exception).__name__
        self.panic(CRASHED.format(kind, Path(own[-1].filename).name, own[-1].lineno))

    def _end(self) -> None:
        if not self.is_headless:
            end_at_last()
        self.exit()

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
                go = partial(screen.leave_for, partial(self.open_place, place))
                yield SystemCommand(words, LINK_HELP, go)

    async def on_unmount(self) -> None:
        """End what goes on, and close the connections."""
        await self.forms.end()
        await self.client.close()
