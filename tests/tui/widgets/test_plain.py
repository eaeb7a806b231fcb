"""What others wrote is drawn, and never obeyed by the terminal."""

import re

from server.core.database import Services
from tests.parts import Someone
from tests.server.steps import store_lines
from tests.tui.conftest import Portals
from tests.tui.people.children import add_child
from tests.tui.steps import at_place, words

CLIPBOARD = "\x1b]52;c;RVZJTA==\x07"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u2028-\u202e\u2066-\u2069\ufeff]")


async def test_a_child_whose_name_would_write_to_the_clipboard(
    portal: Portals, me: Someone, services: Services
) -> None:
    store_lines(
        services, add_child(me), last_name=f"Lark{CLIPBOARD}spur", school="Wren\r\x9b2JHollow"
    )
    async with portal(me).run_test(size=(120, 24)) as pilot:
        await at_place(pilot, "people", "1 records found")
        shown = words(pilot.app.screen)
        assert not OBEYED.search(shown)
        assert "Lark�]52;c;RVZJTA==�spur, Ivo" in shown
        assert "Wren��2JHollow" in shown
        pilot.app.notify(f"Lark{CLIPBOARD}spur \u202eis \u2067saved\u200b.", markup=False)
        await pilot.pause()
        assert not OBEYED.search(words(pilot.app.screen))
