"""Long names, and names stored with hidden characters, on a professional's pages."""

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from tests.parts import Someone
from tests.server.steps import store_lines
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.people.test_edit_person import fill
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle

LONG_NAME = ("Featherstonehaugh-Cholmondeley-" * 7)[:200]
STORED_NAMES = ["Hollow\nborn 01/01/2001", "Hol\u202elow\u2066", LONG_NAME]


def screen_lines(pilot: Pilot[None]) -> list[str]:
    return screen_text(pilot.app.screen).splitlines()


@pytest.mark.parametrize("last_name", STORED_NAMES, ids=["line break", "direction", "200 letters"])
async def test_no_name_hides_birth_date_on_list_or_progress_page(
    portal: AppFactory, me: Someone, services: Services, last_name: str
) -> None:
    child = add_child(me)
    store_lines(services, child, last_name=last_name)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "1 record found")
        for width in (80, 60):
            await pilot.resize_terminal(width, 24)
            await wait_until_idle(pilot)
            [row] = [line for line in screen_lines(pilot) if "14/03/2018" in line]
            assert row.strip(" ▸").startswith(last_name[:3])
            await pilot.press("enter")
            await on_screen(pilot, "Progress")
            await until(pilot, lambda: "born 14/03/2018" in screen_text(pilot.app.screen))
            heading_line = next(line for line in screen_lines(pilot) if "born 14/03/2018" in line)
            assert heading_line.strip().startswith("Ivo")
            assert "What happens now?" in screen_text(pilot.app.screen)
            await pilot.press("escape")
            await on_screen(pilot, "SelectPerson")


async def test_hidden_character_in_name_is_rejected_or_pointed_out(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    child = add_child(me)
    store_lines(services, child, first_name="Ivo\u200b")
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await fill(pilot, last_name="Hol\u202elow", born="31/12/1899")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        text = screen_text(pilot.app.screen)
        assert "Ivo�" in text
        assert "it holds � in place of a character that can't be shown" in text
        assert "it holds a character that can't be seen (U+202E)" in text
        assert "The year of birth must be 1900 or later." in text
    assert me.get(f"/v1/people/{child}").json()["last_name"] == "Larkspur-Dunne"
