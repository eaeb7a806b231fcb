"""What every screen does while it waits for the server."""

from collections.abc import Callable

import pytest
from textual.timer import Timer

from tests.parts import Factory
from tests.tui.conftest import Portals
from tests.tui.steps import on_screen, wait_until_idle, words
from tui.widgets.screen import PortalScreen


async def test_late_timer_shows_no_progress_message(
    portal: Portals, someone: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        screen = pilot.app.screen
        assert isinstance(screen, PortalScreen)
        rings: list[Callable[[], None]] = []
        set_timer = screen.set_timer

        def held(delay: float, callback: Callable[[], None]) -> Timer:
            rings.append(callback)
            return set_timer(delay)

        async def nothing() -> None:
            return

        monkeypatch.setattr(screen, "set_timer", held)
        screen.call(nothing())
        await wait_until_idle(pilot)
        monkeypatch.undo()
        [ring] = rings
        ring()
        await pilot.pause()
        assert "Working" not in words(pilot.app.screen)
