"""The child's details beside the list, on wide terminals."""

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.snapshots import LARGE, NARROW, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.people.table import PeopleTable
from tui.widgets.detail import Detail

ADDRESS = "The Old Saltbox Cottage, 9 Saltbox Close, Osierbeck, Leicester"


async def test_detail_shows_the_whole_address_and_follows_the_cursor(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    """Siblings are told apart by the first name and the whole date of birth."""
    for first, born in (("Ivo", "2018-03-14"), ("Nell", "2019-11-02"), ("Wren", "2021-05-30")):
        add_child(
            me,
            first_name=first,
            last_name="Featherstonehaugh-Cholmondeley",
            born=born,
            address=ADDRESS,
        )
    async with portal(me).run_test(size=(100, 30)) as pilot:
        await go_to(pilot, "people", "Ivo Featherstonehaugh-Cholmondeley")
        for words in (", Ivo ", "14/03/2018", ", Nell ", "02/11/2019", ", Wren ", "30/05/2021"):
            assert words in screen_text(pilot.app.screen)
        await pilot.press("down")
        await wait_for_text(pilot, "│ Nell ")
        detail = pilot.app.screen.query_one(Detail)
        lines = (strip.text for strip in detail._content.render_lines(detail._content.size.region))
        assert ADDRESS in " ".join(" ".join(lines).replace("Address", "").split())
        await snapshots.match(pilot, wide=True)
        await pilot.press("enter")
        await on_screen(pilot, "Progress")


async def test_resize_keeps_the_current_child(portal: AppFactory, me: Someone) -> None:
    for first in ("Ivo", "Nell"):
        add_child(me, first_name=first)
    async with portal(me).run_test(size=LARGE) as pilot:
        await go_to(pilot, "people", "Ivo Larkspur-Dunne")
        await pilot.press("slash", *"lark", "enter", "down")
        await wait_for_text(pilot, "Nell Larkspur-Dunne")
        screen = pilot.app.screen
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: not screen.query(Detail))
        table = screen.query_one(PeopleTable)
        assert table.has_focus
        assert table.current is not None
        assert table.current.first_name == "Nell"
        await pilot.resize_terminal(*LARGE)
        await wait_for_text(pilot, "Nell Larkspur-Dunne")
        assert table.has_focus
