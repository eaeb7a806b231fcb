"""Snapshots of Select Person and of a child's details."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.people.files import pick, pupil, school_file
from tests.tui.snapshots import NARROW, SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until


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


async def open_and_press(pilot: Pilot[None], *keys: str, text: str) -> None:
    """Open the list, press keys and wait for text to appear."""
    await go_to(pilot, "people", "3 records found")
    await pilot.press(*keys)
    await until(pilot, lambda: text in screen_text(pilot.app.screen))


async def test_filtered_list_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_and_press(pilot, "slash", *"ivo", text="1 of 3 found")
        await snapshots.match(pilot, narrow=True)


async def test_invalid_details_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_and_press(pilot, "plus", *"Ivo", "ctrl+s", text="There is a problem")
        await snapshots.match(pilot, narrow=True)


async def test_school_file_screens_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, me: Someone, home: Path
) -> None:
    """The pupils of a file, the values of one, and the values offered to the request form."""
    ivo = pupil("Ivo", "Hollow", "Z856000018003", "2016-03-14", content="")
    (home / "ctf.xml").write_text(school_file(pupil(), ivo, version="23.0"))
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_and_press(pilot, "plus", *"Nelly", text="Nelly")
        await pick(pilot, home / "ctf.xml", "ChoosePupil")
        await until(pilot, lambda: "Ivo Hollow" in screen_text(pilot.app.screen))
        await snapshots.match(pilot, "pupils", narrow=True)
        await pilot.press("enter")
        await on_screen(pilot, "CheckValues")
        await snapshots.match(pilot, "values", narrow=True)
        await pilot.resize_terminal(*NARROW)
        await pilot.press(*["shift+tab"] * 3)
        await snapshots.match(pilot, "end-of-values", narrow=True)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EditPerson")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Start" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SchoolValues")
        await until(pilot, lambda: pilot.app.screen.focused is not None)
        await snapshots.match(pilot, "offer", narrow=True)
