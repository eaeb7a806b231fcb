"""How the screens look at the smallest terminal, at a large one, and without colour."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.parts import Factory, Someone
from tests.tui.conftest import Portals
from tests.tui.people.children import add_child
from tests.tui.people.files import pick, pupil, school_file
from tests.tui.pictures import SMALL, Pictures
from tests.tui.steps import at_place, on_screen, until, words


@pytest.fixture
def me(someone: Factory) -> Someone:
    me = someone()
    for surname, first, school in (
        ("Larkspur-Dunne", "Ivo", "Wren Hollow Primary School"),
        ("Featherstonehaugh-Cholmondeley", "Maximilian", "St Swithun's Academy for All"),
        ("Ng", "Zoë", "not on a school roll"),
    ):
        add_child(me, last_name=surname, first_name=first, school=school)
    return me


async def press(pilot: Pilot[None], *keys: str, then: str) -> None:
    """From the list, press keys and wait for words."""
    await at_place(pilot, "people", "3 records found")
    await pilot.press(*keys)
    await until(pilot, lambda: then in words(pilot.app.screen))


async def test_the_filtered_list(pictures: Pictures, portal: Portals, me: Someone) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await press(pilot, "slash", *"ivo", then="1 of 3 found")
        await pictures.match(pilot)


async def test_details_with_something_wrong(
    pictures: Pictures, portal: Portals, me: Someone
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await press(pilot, "plus", *"Ivo", "ctrl+s", then="There is a problem")
        await pictures.match(pilot)


async def test_the_values_of_a_school_file(
    pictures: Pictures, portal: Portals, me: Someone, home: Path
) -> None:
    """The pupils of a file, the values of one, and what the request form is offered."""
    ivo = pupil("Ivo", "Hollow", "Z856000018003", "2016-03-14", rest="")
    (home / "ctf.xml").write_text(school_file(pupil(), ivo, version="23.0"))
    async with portal(me).run_test(size=SMALL) as pilot:
        await press(pilot, "plus", *"Nelly", then="Nelly")
        await pick(pilot, home / "ctf.xml", "ChoosePupil")
        await until(pilot, lambda: "Ivo Hollow" in words(pilot.app.screen))
        await pictures.match(pilot, "pupils", narrow=True)
        await pilot.press("enter")
        await on_screen(pilot, "CheckValues")
        await pictures.match(pilot, "values", narrow=True)
        await pilot.press(*["shift+tab"] * 3)
        await pictures.match(pilot, "end-of-values", narrow=True)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EditPerson")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Start" in words(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SchoolValues")
        await until(pilot, lambda: pilot.app.screen.focused is not None)
        await pictures.match(pilot, "offer", narrow=True)
