"""The way from place to place: the stack of screens, each opened by the name of its place."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.screen import Screen

from shared.places import Place, PlaceKind
from tui.core.portal import Portal
from tui.places import SCREENS

if TYPE_CHECKING:
    from collections.abc import Callable

SOON = 0.02
"""Seconds until a page that is not mounted yet is looked at again."""


class Navigation:
    """The stack of places; the first of them is below all that is opened later."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._portal = cast("Portal", app)

    def open_place(self, place: Place) -> None:
        """Go to a place, keeping the one before to come back to."""
        if self._later(partial(self.open_place, place)):
            return
        if place.kind is PlaceKind.SIGN_OUT:
            self._portal.session.sign_out()
        elif place.kind in {PlaceKind.HOME, PlaceKind.SIGN_IN}:
            self.start_at(place)
        elif place.kind in {PlaceKind.PEOPLE, PlaceKind.CASES}:
            self.start_now(Place(PlaceKind.HOME))
            self._app.push_screen(screen_of(place))
        else:
            self._app.push_screen(screen_of(place))

    def start_at(self, place: Place) -> None:
        """Go to a place and forget the way there."""
        if not self._later(partial(self.start_at, place)):
            self.start_now(place)

    def start_now(self, place: Place) -> None:
        """Go to a place and forget the way there, even while a page is being mounted."""
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        self._app.push_screen(screen_of(place))

    def leave(self) -> None:
        """Go back to the place before; at the first place, stay."""
        if self._later(self.leave):
            return
        if len(self._app.screen_stack) > 2:  # Textual's own screen is below the first place
            self._app.pop_screen()

    def _later(self, go: Callable[[], None]) -> bool:
        """Go once the page that was opened last has come: what half of it is there fails to go."""
        if self._app.screen._is_mounted:
            return False
        self._app.set_timer(SOON, go)
        return True


def screen_of(place: Place) -> Screen[None]:
    """Make the screen of a place."""
    target = SCREENS[place.kind]
    options = dict(target.options)
    if target.parameter:
        options[target.parameter] = place.target
    made = getattr(import_module(target.module), target.name)(**options)
    return cast("Screen[None]", made)
