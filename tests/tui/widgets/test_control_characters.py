"""Text by other people is never interpreted by the terminal."""

import re

from server.core.database import Services
from tests.parts import Someone
from tests.server.steps import store_lines
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, screen_text

CLIPBOARD = "\x1b]52;c;RVZJTA==\x07"
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u2028-\u202e\u2066-\u2069\ufeff]"
)


async def test_escape_sequences_in_a_name_are_not_written(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    store_lines(
        services, add_child(me), last_name=f"Lark{CLIPBOARD}spur", school="Wren\r\x9b2JHollow"
    )
    async with portal(me).run_test(size=(160, 24)) as pilot:
        await go_to(pilot, "people", "1 record found")
        text = screen_text(pilot.app.screen)
        assert not CONTROL_CHARACTERS.search(text)
        assert "Lark�]52;c;RVZJTA==�spur, Ivo" in text
        assert "Wren��2JHollow" in text
        pilot.app.notify(f"Lark{CLIPBOARD}spur \u202eis \u2067saved\u200b.", markup=False)
        await pilot.pause()
        assert not CONTROL_CHARACTERS.search(screen_text(pilot.app.screen))
