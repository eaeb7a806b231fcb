"""Base class of all screens: a header, the body and key hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import ScreenResume
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Rule

from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.widgets.dialog import (
    DISCARD_INPUT,
    ChoiceDialog,
    close_screens_above,
    disabled_while_sending,
)
from tui.widgets.header import Header, Link
from tui.widgets.key_order import KeyOrder, reveal
from tui.widgets.keyline import KeyLine
from tui.widgets.layouts import Page
from tui.widgets.too_small import cover_if_too_small

if TYPE_CHECKING:
    from textual.widgets import TextArea  # slow to import, and not needed on the first screen

SIGNED_OUT_LINKS = (
    ("Home", Place(PlaceKind.SIGN_IN)),
    ("Sign in", Place(PlaceKind.SIGN_IN)),
    ("Register", Place(PlaceKind.REGISTER)),
)
SIGNED_IN_LINKS = (
    ("Home", Place(PlaceKind.HOME)),
    ("My Account", Place(PlaceKind.ACCOUNT)),
    ("Sign Out", Place(PlaceKind.SIGN_OUT)),
)
SEND_HOME = ("SEND Home", Place(PlaceKind.PEOPLE))
SEND_LINKS = (SEND_HOME, *SIGNED_IN_LINKS)
DESK_HOME = ("Cases", Place(PlaceKind.CASES))
WORKING_DELAY = 0.4
HOLD_SECONDS = 0.1
"""Seconds for which a new screen waits for its data, so that it is laid out and drawn once."""
MAX_FIRST_LAYOUTS = 3
"""Layouts of a new screen after which it is drawn, final or not."""
SOON_SECONDS = 0.001
MAX_TURNS, QUIET_TURNS = 50, 2
"""Turns of the event loop to wait for widgets, and those without a message after which to stop."""
BACK_HELP = "Go back; you are asked first about what is not saved."


def is_typing(focused: Widget | None) -> bool:
    """Return whether the focused widget consumes letters, such as an input or a list."""
    return focused is not None and focused.check_consume_key("g", "g")


class Body(Page):
    """The scrolling part of a screen, which keeps the focus in view when its layout changes."""

    def on_mount(self) -> None:
        """Follow changes of the content's size."""
        self.watch(self, "virtual_size", self.on_resize, init=False)

    def on_resize(self) -> None:
        """Scroll to the focus once the new layout is complete."""
        self.call_after_refresh(cast("KeyOrder", self.app).keep_focus_in_view)


class PortalScreen(Screen[None]):
    """A screen of the portal.

    A subclass sets `LOCATION` and `LINKS` and yields its widgets from `body`. It calls the server
    with `call`, which works in the background and shows any PortalError.
    """

    LOCATION: ClassVar[str] = "Professional Portal"
    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = SIGNED_IN_LINKS
    HELP_TEXT: ClassVar[str] = ""
    HAS_FILTER: ClassVar[bool] = False
    """Whether the screen has its own filter, which uses the key of the search."""
    _is_sending = False
    _typed_at = 0.0
    typed_since_request = False
    """Whether the user has typed since the request whose error is being shown."""
    _laid_out_size: Size | None = None
    _is_held = False
    is_settling = False
    """Whether the screen is new, and not drawn until its first layouts are final."""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("back", "escape", "back", "back", BACK_HELP, show=False),
    ]

    @property
    def portal(self) -> Portal:
        """The app, as the `Portal` protocol."""
        return cast("Portal", self.app)

    @property
    def is_on_top(self) -> bool:
        """Whether this screen receives keys; `is_current` is also true below a modal screen."""
        return self.app.screen_stack[-1:] == [self]  # empty while the app is ending

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, ScreenResume) and self._laid_out_size is None:
            message.refresh_styles = False  # a new screen has just got its styles
        # In a burst, a second press may arrive after the first has opened another screen.
        if self.is_on_top or not isinstance(message, Link.Chosen | Button.Pressed):
            await super()._on_message(message)

    def on_resize(self) -> None:
        """Keep the focused widget in view."""
        cover_if_too_small(self)
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        if self.focused is not None:
            reveal(self.focused)

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        # Textual also lays out a new screen when it hears of its first size, which is the same.
        is_due = self._layout_required and not self.is_settling
        if self._is_held or (size and size == self._laid_out_size and not is_due):
            return
        if self._laid_out_size is None:
            self.is_settling = True
            self.set_timer(SOON_SECONDS, self._settle)
        self._laid_out_size = size or self.outer_size or self.app.size
        super()._refresh_layout(self._laid_out_size, scroll)

    def _compositor_refresh(self) -> None:
        # Textual also draws a covered screen, for which the one above draws itself again.
        top = self.app.screen
        if not self.is_settling and (top is self or top.is_modal):
            super()._compositor_refresh()

    async def _settle(self) -> None:
        """Draw a new screen once its layout is final.

        The first layout may show scrollbars and fit texts to their widths, for a second one.
        """
        for _ in range(MAX_FIRST_LAYOUTS - 1):
            await self._wait_for_widgets()
            if not self._layout_required:
                break
            self._on_timer_update()
        # Textual would lose what it draws during a batch, whose end is no event.
        while self.app._batch_count:  # noqa: ASYNC110
            await asyncio.sleep(SOON_SECONDS)
        self.is_settling = False
        self._on_timer_update()
        self._compositor_refresh()

    async def _wait_for_widgets(self) -> None:
        """Let all widgets process their messages, for some turns of the event loop at most."""
        nodes = list(self.walk_children(with_self=True))
        quiet_turns = 0
        for _ in range(MAX_TURNS):
            await asyncio.sleep(0)
            is_quiet = not any(node.message_queue_size for node in nodes)
            quiet_turns = quiet_turns + 1 if is_quiet else 0
            if quiet_turns == QUIET_TURNS:
                break

    def _hold_layout(self) -> None:
        """Lay out a new screen when its data is there, or after a moment without it."""
        if self._laid_out_size is None and not self._is_held:
            self._is_held = True
            self.set_timer(HOLD_SECONDS, self._release_layout)

    def _release_layout(self) -> None:
        if self._is_held:
            self.set_timer(SOON_SECONDS, self._lay_out_held)

    async def _lay_out_held(self) -> None:
        await self._wait_for_widgets()  # those that show the data may still ask for a layout
        if self._is_held:
            self._is_held = False
            self.refresh(layout=True)
            self._on_timer_update()

    def on_input_changed(self, event: Input.Changed | TextArea.Changed) -> None:
        """Record when the user typed."""
        if event.control.has_focus:
            self._typed_at = asyncio.get_running_loop().time()

    on_text_area_changed = on_input_changed

    @property
    def links(self) -> tuple[tuple[str, Place], ...]:
        """The header's links; officers get Cases instead of SEND Home."""
        account = self.portal.session.account
        if account is None or account.staff != "officer":
            return self.LINKS
        return tuple(DESK_HOME if link == SEND_HOME else link for link in self.LINKS)

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        # Textual sets these classes after the first layout, and then matches all styles again.
        names = self._get_breakpoint_classes(self.app.size.width, self.HORIZONTAL_BREAKPOINTS or [])
        self.update_classes(dict.fromkeys(names, True), update=False)
        yield from self.head()
        yield Rule()
        with Body(id="body", can_focus=False):
            yield from self.body()
        yield KeyLine()

    def head(self) -> ComposeResult:
        """Lay out the header."""
        yield Header(self.LOCATION, self.links)

    def body(self) -> ComposeResult:
        """Lay out the content of the screen."""
        raise NotImplementedError

    def set_location(self, location: str, child: str = "") -> None:
        """Show a location in the header; `child` is the name it begins with, if any."""
        self.query_one(Header).set_location(location, child)

    def show_state(self, state: str, short: str = "") -> None:
        """Show a state in the header, or its short form if it does not fit."""
        self.query_one(Header).show_state(state, short)

    def call(
        self,
        work: Coroutine[object, object, None],
        *,
        group: str = "call",
        on_error: Callable[[PortalError], None] | None = None,
    ) -> None:
        """Call the server in the background, cancelling any other call of the group.

        A PortalError is passed to `on_error`; by default the portal shows it.
        """
        self._hold_layout()
        self.run_worker(
            self._run_guarded(work, on_error or self.portal.show_error),
            group=group,
            exclusive=True,
            exit_on_error=False,
        )

    async def _run_guarded(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        is_done = False

        def show_working() -> None:
            if not is_done:  # the timer may have fired before it was stopped
                self.show_state("Working…")

        timer = self.set_timer(WORKING_DELAY, show_working)
        start_time = asyncio.get_running_loop().time()
        try:
            await work
        except PortalError as error:
            self.typed_since_request = self._typed_at > start_time
            on_error(error)
        finally:
            self.typed_since_request = False
            is_done = True
            timer.stop()
            self._release_layout()
            if asyncio.get_running_loop().time() - start_time >= WORKING_DELAY and self.is_attached:
                self.clear_working()

    def handle_load_error(self, error: PortalError) -> None:
        """Leave a screen that failed to load, and show the error on the previous one."""
        if self.is_on_top:
            self.portal.navigation.leave()
        self.portal.show_error(error)

    def clear_working(self) -> None:
        """Clear 'Working…'; override to show another state instead."""
        self.show_state("")

    def send(
        self, work: Coroutine[object, object, None], on_error: Callable[[PortalError], None]
    ) -> None:
        """Send the screen's input, with the body disabled until the call ends."""
        if self._is_sending:
            work.close()
        else:
            self.call(self._send_once(work), group="send", on_error=on_error)

    async def _send_once(self, work: Coroutine[object, object, None]) -> None:
        self._is_sending = True
        try:
            with disabled_while_sending(self, self.query_one("#body")):
                await work
        finally:
            self._is_sending = False

    @on(Link.Chosen)
    def _open_link(self, event: Link.Chosen) -> None:
        place = event.link.place
        if place:
            event.stop()
            self.leave_for(lambda: self.portal.navigation.open_place(place))

    def action_back(self) -> None:
        """Go back to the previous place."""
        self.leave_for(self.portal.navigation.leave)

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose input."""
        return False

    def leave_for(self, navigate: Callable[[], None]) -> None:
        """Navigate away, asking first if input would be lost."""
        if self._is_sending:
            return
        if not self.has_unsaved_input:
            navigate()
            return

        def on_answer(answer: str | None) -> None:
            if answer == "close":
                navigate()

        self.app.push_screen(ChoiceDialog(*DISCARD_INPUT), on_answer)

    def handle_signed_out(self, error: PortalError) -> bool:
        """Handle the end of the session; return whether the screen shows it itself.

        The sign-in screen must not cover a screen while the user is typing.
        """
        return False

    def before_quit(self, quit: Callable[[], None]) -> None:
        """Call `quit`, after asking about any unsaved input of this screen."""
        quit()

    async def save_input(self) -> bool:
        """Save input before the program ends; return whether all of it is safe."""
        return not self.has_unsaved_input

    def finish(self) -> None:
        """Close this screen and all above it, and go back to the previous place."""
        close_screens_above(self)
        self.portal.navigation.leave()
