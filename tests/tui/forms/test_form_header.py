"""The header of a form never shortens the name of the child."""

from datetime import UTC, datetime

import pytest

from tests.parts import Clock, Factory
from tests.tui.conftest import Portals
from tests.tui.forms.filling import start
from tests.tui.steps import go_to, screen_text, until
from tui.widgets.header import Header

CHILD = "Ivo Larkspur-Dunne"


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_child_stays_when_the_form_was_saved_on_another_day(
    portal: Portals, someone: Factory, clock: Clock, width: int
) -> None:
    clock.now = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    me = someone()
    submission = start(me)
    clock.move(minutes=20)
    async with portal(me).run_test(size=(width, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        top = screen_text(pilot.app.screen).splitlines()[0]
        assert CHILD in top
        assert "✓ Saved 02/03/2026 23:50" in top
        assert ("Request for assessment" in top) is (width == 120)


async def test_state_is_shortened_before_the_child(portal: Portals, someone: Factory) -> None:
    me = someone()
    submission = start(me)
    async with portal(me).run_test(size=(60, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        header = pilot.app.screen.query_one(Header)
        long = f"{CHILD} and a long name besides it"
        header.set_location(f"{long} › Request", child=long)
        header.show_state("! Not saved yet: kept here", "! Kept here")
        await pilot.pause()
        top = screen_text(pilot.app.screen).splitlines()[0]
        assert long in top
        assert "! Kept here" in top
        assert "SEND Home" not in top
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: "SEND Home" in screen_text(pilot.app.screen))
        assert "! Not saved yet: kept here" in screen_text(pilot.app.screen)
