"""Keys pressed in quick succession act on the widget focused when they were pressed."""

import pytest
from textual.widgets import Checkbox

from shared.accounts import Staff
from shared.places import read_place
from tests.parts import Factory
from tests.tui.accounts.filling import choose
from tests.tui.conftest import Portals
from tests.tui.steps import burst, on_screen, screen_text, until
from tui.app import PortalApp


@pytest.mark.parametrize("next_key", ["tab", "shift+tab"])
async def test_enter_acts_before_a_following_tab_moves_focus(
    portal: Portals, someone: Factory, next_key: str
) -> None:
    someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "[ Cases ]" in screen_text(pilot.app.screen))
        await until(pilot, lambda: pilot.app.focused is not None)
        burst(pilot, ["enter", next_key])
        await until(pilot, lambda: "Professional Portal › Cases" in screen_text(pilot.app.screen))


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_checkbox_is_ticked_before_a_following_tab(portal: Portals, key: str) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Welcome to the Leicester" in screen_text(pilot.app.screen))
        assert isinstance(pilot.app, PortalApp)
        pilot.app.navigation.open_place(read_place("register"))
        await on_screen(pilot, "Register")
        screen = pilot.app.screen
        for step in ("#to-1", "#to-2"):
            await choose(pilot, step)
        box = screen.query_one("#agree", Checkbox)
        box.focus()
        await until(pilot, lambda: pilot.app.focused is box)
        burst(pilot, [key, "tab", "tab"])
        await until(pilot, lambda: box.value)
