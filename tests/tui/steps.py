"""What a pilot test does again and again."""

import asyncio
from collections.abc import Callable, Iterable

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static, TextArea

from shared.places import read_place
from tui.app import PortalApp

TURNS = 1500


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app run until something holds; fails where it never does."""
    for _ in range(TURNS):
        if holds():
            await pilot.pause()
            return
        # A pause of the pilot would lay out and draw the whole screen, each time.
        await asyncio.sleep(0.02)
    raise AssertionError("It never came to hold:\n" + words(pilot.app.screen))


async def at_rest(pilot: Pilot[None]) -> None:
    """Let the app run until it waits for its user, with every cursor in sight."""

    def rests() -> bool:
        app, screen = pilot.app, pilot.app.screen
        drawn = not (
            screen._dirty_widgets
            or screen._layout_required
            or screen._compositor._dirty_regions
            or screen._callbacks
        )
        return drawn and all(worker.is_finished for worker in app.workers)

    for screen in pilot.app.screen_stack:  # what a dialog covers is seen beside it
        for box in screen.query("Input, TextArea"):
            assert isinstance(box, Input | TextArea)
            box.cursor_blink = False
            box._restart_blink()
    await pilot.pause()
    await until(pilot, rests)


def burst(pilot: Pilot[None], keys: Iterable[str]) -> None:
    """Press keys all at once, as a slow line brings them."""
    for key in keys:
        pilot.app.post_message(events.Key("slash" if key == "/" else key, key))


async def on_screen(pilot: Pilot[None], name: str) -> None:
    """Let the app run until a screen of that class name is on top."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == name)


async def at_place(pilot: Pilot[None], place: str, shows: str) -> None:
    """From the home of someone signed in, open a place; wait for words on it and all the rest."""
    app = pilot.app
    assert isinstance(app, PortalApp)
    await on_screen(pilot, "Home")
    app.navigation.open_place(read_place(place))
    await until(
        pilot,
        lambda: shows in words(app.screen) and all(worker.is_finished for worker in app.workers),
    )


def words(screen: Screen[object]) -> str:
    """All words that the screen shows, line by line as at a terminal, colours left out."""
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def text_of(pilot: Pilot[None], selector: str) -> str:
    """The words of one static widget."""
    return str(pilot.app.screen.query_one(selector, Static).content)
