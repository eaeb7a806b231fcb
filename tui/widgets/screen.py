"""The frame of every screen: a header, the body and a line of keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Rule

from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.widgets.dialog import UNSENT, Question, held, uncover
from tui.widgets.header import Header, Link
from tui.widgets.keyline import KeyLine

SIGNED_OUT = (
    ("Home", Place(PlaceKind.SIGN_IN)),
    ("Sign in", Place(PlaceKind.SIGN_IN)),
    ("Register", Place(PlaceKind.REGISTER)),
)
SIGNED_IN = (
    ("Home", Place(PlaceKind.HOME)),
    ("My Account", Place(PlaceKind.ACCOUNT)),
    ("Sign Out", Place(PlaceKind.SIGN_OUT)),
)
SEND_HOME = ("SEND Home", Place(PlaceKind.PEOPLE))
IN_SEND = (SEND_HOME, *SIGNED_IN)
DESK_HOME = ("Cases", Place(PlaceKind.CASES))
PATIENCE = 0.4
BACK_HELP = "Go back; you are asked first about what is not saved."


class PortalScreen(Screen[None]):
    """A screen of the portal.

    A subclass sets `WHERE` and `LINKS` and yields its widgets from `body`. Calls to the server go
    through `call`, which keeps the screen responsive and shows every PortalError.
    """

    WHERE: ClassVar[str] = "Professional Portal"
    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = SIGNED_IN
    HELP_TEXT: ClassVar[str] = ""
    _sending = False
    BINDINGS: ClassVar[list[BindingType]] = [
        command("back", "escape", "back", "back", BACK_HELP, shown=False),
    ]

    @property
    def portal(self) -> Portal:
        """The app, typed as the portal that screens use."""
        return cast("Portal", self.app)

    @property
    def on_top(self) -> bool:
        """Whether keys come here; `is_current` is also true below an unstyled page."""
        return self.app.screen is self

    async def _on_message(self, message: Message) -> None:
        # A second press in a burst was meant for the screen that the first has covered.
        if self.on_top or not isinstance(message, Link.Chosen | Button.Pressed):
            await super()._on_message(message)

    @property
    def links(self) -> tuple[tuple[str, Place], ...]:
        """The links of the header; officers get the cases in place of SEND Home."""
        account = self.portal.session.account
        if account is None or account.staff != "officer":
            return self.LINKS
        return tuple(DESK_HOME if link == SEND_HOME else link for link in self.LINKS)

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        yield from self.head()
        yield Rule()
        with VerticalScroll(id="body", can_focus=False):
            yield from self.body()
        yield Rule()
        yield KeyLine()

    def head(self) -> ComposeResult:
        """Lay out the header."""
        yield Header(self.WHERE, self.links)

    def body(self) -> ComposeResult:
        """Lay out the content of the screen."""
        raise NotImplementedError

    def set_location(self, where: str) -> None:
        """Show the current location in the header."""
        self.query_one(Header).set_location(where)

    def show_state(self, state: str) -> None:
        """Show the state of the work in the header."""
        self.query_one(Header).show_state(state)

    def call(
        self,
        work: Coroutine[object, object, None],
        *,
        group: str = "call",
        on_error: Callable[[PortalError], None] | None = None,
    ) -> None:
        """Run a call to the server in the background, replacing one of the same group.

        A PortalError goes to `on_error`, or to the portal, which shows it.
        """
        self.run_worker(
            self._guarded(work, on_error or self.portal.show_error),
            group=group,
            exclusive=True,
            exit_on_error=False,
        )

    async def _guarded(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        is_done = False

        def show_working() -> None:
            if not is_done:  # a stopped timer may have fired already
                self.show_state("Working…")

        waiting = self.set_timer(PATIENCE, show_working)
        started = asyncio.get_running_loop().time()
        try:
            await work
        except PortalError as error:
            on_error(error)
        finally:
            is_done = True
            waiting.stop()
            if asyncio.get_running_loop().time() - started >= PATIENCE and self.is_attached:
                self.call_over()

    def not_loaded(self, error: PortalError) -> None:
        """Leave a page that could not be read, and show why on the previous one."""
        if self.on_top:
            self.portal.navigation.leave()
        self.portal.show_error(error)

    def call_over(self) -> None:
        """Clear 'Working…'; a screen that shows its own state there shows it again."""
        self.show_state("")

    def send(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        """Run the call that completes the screen, with the body disabled until it ends."""
        if self._sending:
            work.close()
        else:
            self.call(self._send_once(work), group="send", on_error=on_error)

    async def _send_once(self, work: Coroutine[object, object, None]) -> None:
        self._sending = True
        try:
            with held(self, self.query_one("#body")):
                await work
        finally:
            self._sending = False

    @on(Link.Chosen)
    def _follow(self, event: Link.Chosen) -> None:
        place = event.link.place
        if place:
            event.stop()
            self.leave_for(lambda: self.portal.navigation.open_place(place))

    def action_back(self) -> None:
        """Go back to the previous place."""
        self.leave_for(self.portal.navigation.leave)

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose something chosen or typed here."""
        return False

    def leave_for(self, go: Callable[[], None]) -> None:
        """Go elsewhere, asking first if something would be lost."""
        if self._sending:
            return
        if not self.unsaved:
            go()
            return

        def on_answer(answer: str | None) -> None:
            if answer == "close":
                go()

        self.app.push_screen(Question(*UNSENT), on_answer)

    def signed_out(self, error: PortalError) -> bool:
        """Handle the end of the session; return whether the screen asks to sign in itself.

        A page must not cover a screen while the user types into it.
        """
        return False

    async def keep(self) -> bool:
        """Save the input started the program ends; return whether nothing would be lost."""
        return not self.unsaved

    def finish(self) -> None:
        """Close this page and all on top of it, and go back to the previous place."""
        uncover(self)
        self.portal.navigation.leave()
