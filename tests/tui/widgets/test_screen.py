"""The base class of screens: waiting for the server."""

from collections.abc import Callable

import pytest
from textual.timer import Timer

from tests.parts import Factory
from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, screen_text, wait_until_idle
from tui.widgets.screen import PortalScreen


async def test_late_timer_shows_no_progress_message(
    portal: AppFactory, someone: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        screen = pilot.app.screen
        assert isinstance(screen, PortalScreen)
        callbacks: list[Callable[[], None]] = []
        set_timer = screen.set_timer

        def record_timer(delay: float, callback: Callable[[], None]) -> Timer:
            callbacks.append(callback)
            return set_timer(delay)

        async def do_nothing() -> None:
            return

        monkeypatch.setattr(screen, "set_timer", record_timer)
        screen.call(do_nothing())
        await wait_until_idle(pilot)
        monkeypatch.undo()
        [callback] = callbacks
        callback()
        await pilot.pause()
        assert "Working" not in screen_text(pilot.app.screen)
