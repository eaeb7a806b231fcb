"""The header of a form never shortens the child's name."""

from datetime import UTC, datetime

import pytest

from tests.parts import Clock, Factory
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.steps import go_to, screen_text, until
from tui.widgets.header import Header

CHILD = "Ivo Larkspur-Dunne"


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_child_name_is_shown_next_to_a_long_save_time(
    portal: AppFactory, someone: Factory, clock: Clock, width: int
) -> None:
    clock.now = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    me = someone()
    submission = start(me)
    clock.move(minutes=20)
    async with portal(me).run_test(size=(width, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        header_line = screen_text(pilot.app.screen).splitlines()[0]
        assert CHILD in header_line
        assert "✓ Saved 02/03/2026 23:50" in header_line
        assert ("Request for assessment" in header_line) is (width == 120)


async def test_state_is_shortened_before_child_name(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    submission = start(me)
    async with portal(me).run_test(size=(60, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        header = pilot.app.screen.query_one(Header)
        long_name = f"{CHILD} and a long name besides it"
        header.set_location(f"{long_name} › Request", child=long_name)
        header.show_state("! Not saved yet: kept here", "! Kept here")
        await pilot.pause()
        header_line = screen_text(pilot.app.screen).splitlines()[0]
        assert long_name in header_line
        assert "! Kept here" in header_line
        assert "SEND Home" not in header_line
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: "SEND Home" in screen_text(pilot.app.screen))
        assert "! Not saved yet: kept here" in screen_text(pilot.app.screen)
