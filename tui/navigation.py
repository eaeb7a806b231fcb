"""Navigation: a stack of screens, opened by their places."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.screen import Screen

from shared.places import Place, PlaceKind
from tui.places import SCREENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.core.portal import Portal

RETRY_SECONDS = 0.02
"""Retry interval while the current screen is being mounted."""


class Navigation:
    """The stack of open places; the first one stays open."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)

    def open_place(self, place: Place) -> None:
        """Open a place on top of the current one."""
        if self._postpone_if_mounting(partial(self.open_place, place)):
            return
        if place.kind is PlaceKind.SIGN_OUT:
            self._portal.session.sign_out(ask=True)
        elif place.kind in {PlaceKind.HOME, PlaceKind.SIGN_IN}:
            self.start_at(place)
        elif place.kind in {PlaceKind.PEOPLE, PlaceKind.CASES}:
            self.start_now(Place(PlaceKind.HOME))
            self._app.push_screen(create_screen(place))
        else:
            self._app.push_screen(create_screen(place))

    def start_at(self, place: Place) -> None:
        """Open a place and clear the history."""
        if not self._postpone_if_mounting(partial(self.start_at, place)):
            self.start_now(place)

    def start_now(self, place: Place) -> None:
        """Open a place and clear the history, even while a screen is being mounted."""
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        if self._places:  # the first screen can't be popped
            self._app.switch_screen(Screen())
        self._app.push_screen(create_screen(place))

    @property
    def is_at_start(self) -> bool:
        """Whether only the first place is open."""
        return len(self._places) == 1

    @property
    def _places(self) -> list[Screen[object]]:
        """The open screens, without the blank one below them."""
        return [screen for screen in self._app.screen_stack if type(screen) is not Screen]

    def leave(self) -> None:
        """Go back to the previous place; at the first place, do nothing."""
        if self._postpone_if_mounting(self.leave):
            return
        if not self.is_at_start:
            self._app.pop_screen()

    def _postpone_if_mounting(self, action: Callable[[], None]) -> bool:
        """Postpone navigation if the current screen is being mounted; return whether it was."""
        if self._app.screen._is_mounted:
            return False
        self._app.set_timer(RETRY_SECONDS, action)
        return True


def create_screen(place: Place) -> Screen[None]:
    """Create the screen for a place."""
    spec = SCREENS[place.kind]
    options = dict(spec.options)
    if spec.parameter:
        options[spec.parameter] = place.target
    screen = getattr(import_module(spec.module), spec.class_name)(**options)
    return cast("Screen[None]", screen)
