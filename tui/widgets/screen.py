"""Base class of all screens: a header, the body and key hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Rule

from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets.calls import CallingScreen
from tui.widgets.dialog import DISCARD_INPUT, ChoiceDialog, close_screens_above
from tui.widgets.header import Header, Link
from tui.widgets.key_order import KeyOrder, reveal
from tui.widgets.keyline import KeyLine
from tui.widgets.layouts import Page
from tui.widgets.too_small import cover_if_too_small

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


class PortalScreen(CallingScreen):
    """A screen of the portal.

    A subclass sets `LOCATION` and `LINKS` and yields its widgets from `body`. It calls the server
    with `call`, which works in the background and shows any PortalError.
    """

    LOCATION: ClassVar[str] = "Professional Portal"
    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = SIGNED_IN_LINKS
    HELP_TEXT: ClassVar[str] = ""
    HAS_FILTER: ClassVar[bool] = False
    """Whether the screen has its own filter, which uses the key of the search."""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("back", "escape", "back", "back", BACK_HELP),
    ]

    @property
    def is_on_top(self) -> bool:
        """Whether this screen receives keys; `is_current` is also true below a modal screen."""
        return self.app.screen_stack[-1:] == [self]  # empty while the app is ending

    async def _on_message(self, message: Message) -> None:
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

    def handle_load_error(self, error: PortalError) -> None:
        """Leave a screen that failed to load, and show the error on the previous one."""
        if self.is_on_top:
            self.portal.navigation.leave()
        self.portal.show_error(error)

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
