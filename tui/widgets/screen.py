"""The frame of every screen: one header line, the work, one line of keys."""

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

    A subclass gives its `WHERE` and `LINKS` and yields its work from `body`. Calls to the server
    go through `call`, which keeps the screen alive and tells every PortalError.
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
        """The app, as a screen may know it."""
        return cast("Portal", self.app)

    @property
    def on_top(self) -> bool:
        """Whether keys come here; `is_current` is true too below a page that has no style yet."""
        return self.app.screen is self

    async def _on_message(self, message: Message) -> None:
        # Of two presses that come together the second was for what the first has covered.
        if self.on_top or not isinstance(message, Link.Chosen | Button.Pressed):
            await super()._on_message(message)

    @property
    def links(self) -> tuple[tuple[str, Place], ...]:
        """Where the header leads to; an officer's work begins at the cases."""
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
        """Lay out what stands above the work."""
        yield Header(self.WHERE, self.links)

    def body(self) -> ComposeResult:
        """Lay out the work of the screen."""
        raise NotImplementedError

    def say_where(self, where: str) -> None:
        """Say in the header where you are."""
        self.query_one(Header).say_where(where)

    def say_state(self, state: str) -> None:
        """Say in the header how the work stands."""
        self.query_one(Header).say_state(state)

    def call(
        self,
        work: Coroutine[object, object, None],
        *,
        group: str = "call",
        on_error: Callable[[PortalError], None] | None = None,
    ) -> None:
        """Run a call to the server beside the screen; a later call of the same group replaces it.

        A PortalError goes to `on_error`, else to the portal, which shows it.
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
        is_over = False

        def say_working() -> None:
            if not is_over:  # a timer that is stopped may have rung already
                self.say_state("Working…")

        waiting = self.set_timer(PATIENCE, say_working)
        before = asyncio.get_running_loop().time()
        try:
            await work
        except PortalError as error:
            on_error(error)
        finally:
            is_over = True
            waiting.stop()
            if asyncio.get_running_loop().time() - before >= PATIENCE and self.is_attached:
                self.call_over()

    def not_loaded(self, error: PortalError) -> None:
        """Leave a page that could not be read, and tell why on the one before."""
        if self.on_top:
            self.portal.navigation.leave()
        self.portal.show_error(error)

    def call_over(self) -> None:
        """Take 'Working…' off the header; a screen that says more there says it again."""
        self.say_state("")

    def send(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        """Run a call that ends the work of the screen: nothing can be typed until it answers."""
        if self._sending:
            work.close()
        else:
            self.call(self._held(work), group="send", on_error=on_error)

    async def _held(self, work: Coroutine[object, object, None]) -> None:
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
        """Leave for the place before."""
        self.leave_for(self.portal.navigation.leave)

    @property
    def unsaved(self) -> bool:
        """Whether something chosen or typed here would be lost."""
        return False

    def leave_for(self, go: Callable[[], None]) -> None:
        """Go elsewhere; what would be lost is asked about first."""
        if self._sending:
            return
        if not self.unsaved:
            go()
            return

        def answered(answer: str | None) -> None:
            if answer == "close":
                go()

        self.app.push_screen(Question(*UNSENT), answered)

    def signed_out(self, error: PortalError) -> bool:
        """Take that the session has ended; says whether this screen asks to sign in by itself.

        A screen that is typed into must not be covered by a page while one types.
        """
        return False

    async def keep(self) -> bool:
        """Save what is typed before the program ends; says whether nothing would be lost."""
        return not self.unsaved

    def finish(self) -> None:
        """Leave this page, with what stands on top of it, for the place before."""
        uncover(self)
        self.portal.navigation.leave()
