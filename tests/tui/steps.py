"""Helpers for tests that drive the app through a pilot."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from textual import events
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static, TextArea

from shared.places import read_place
from tui.app import PortalApp
from tui.widgets.detail import DetailScreen

MAX_POLLS = 1500


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app run until a condition holds, or fail.

    A condition that asks for a widget that is not there yet does not hold yet.
    """
    for _ in range(MAX_POLLS):
        with suppress(NoMatches):
            if condition():
                await pilot.pause()
                return
        # The pilot's own pause would lay out and draw the whole screen each time.
        await asyncio.sleep(0.02)
    raise AssertionError("The condition was never met:\n" + screen_text(pilot.app.screen))


async def wait_for_text(pilot: Pilot[None], text: str) -> None:
    """Let the app run until the screen shows a text."""
    await until(pilot, lambda: text in screen_text(pilot.app.screen))


async def wait_until_idle(pilot: Pilot[None]) -> None:
    """Let the app run until it is idle, with every cursor shown."""

    def is_idle() -> bool:
        app, screen = pilot.app, pilot.app.screen
        is_drawn = not (
            screen._dirty_widgets
            or screen._layout_required
            or screen._compositor._dirty_regions
            or screen._callbacks
        )
        # The workers that show dialogs wait for their answers.
        busy = (worker for worker in app.workers if worker.group != "questions")
        if isinstance(screen, DetailScreen) and screen._detail:
            is_drawn = is_drawn and screen._shown == screen.detail_of
        return is_drawn and all(worker.is_finished for worker in busy)

    for screen in pilot.app.screen_stack:  # The screen below a dialog is visible around it.
        for box in screen.query("Input, TextArea"):
            assert isinstance(box, Input | TextArea)
            box.cursor_blink = False
            box._restart_blink()
    await pilot.pause()
    await until(pilot, is_idle)


def dialog_text(pilot: Pilot[None]) -> str:
    """Return the text of the dialog on top, without the screen around it."""
    return " ".join(str(line.content) for line in pilot.app.screen.query(Static))


def burst(pilot: Pilot[None], keys: Iterable[str]) -> None:
    """Press keys all at once, like keys that arrive over a slow connection."""
    for key in keys:
        character = " " if key == "space" else key if len(key) == 1 else None
        pilot.app.post_message(events.Key("slash" if key == "/" else key, character))


async def on_screen(pilot: Pilot[None], name: str) -> None:
    """Let the app run until a screen of the given class is on top."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == name)


async def go_to(pilot: Pilot[None], place: str, text: str) -> None:
    """Open a place from Home, and wait until `text` is shown and all workers have finished."""
    app = pilot.app
    assert isinstance(app, PortalApp)
    await on_screen(pilot, "Home")
    app.navigation.open_place(read_place(place))
    await until(
        pilot,
        lambda: (
            text in screen_text(app.screen) and all(worker.is_finished for worker in app.workers)
        ),
    )


def screen_text(screen: Screen[object]) -> str:
    """Return the text on the screen, line by line, without colours."""
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def text_of(pilot: Pilot[None], selector: str) -> str:
    """Return the text of a static widget."""
    return str(pilot.app.screen.query_one(selector, Static).content)
