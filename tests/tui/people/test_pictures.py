"""How the screens look at the smallest terminal, at a large one, and without colour."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.parts import Factory, Someone
from tests.tui.conftest import Portals
from tests.tui.people.children import add_child
from tests.tui.steps import at_place, until, words

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]


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


def steps(*keys: str, then: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """From the list, press keys and wait for words."""

    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, "people", "3 records found")
        await pilot.press(*keys)
        await until(pilot, lambda: then in words(pilot.app.screen))

    return walk


FILTERED = steps("slash", *"ivo", then="1 of 3 found")
WRONG = steps("plus", *"Ivo", "ctrl+s", then="There is a problem")


@pytest.mark.parametrize("size", SIZES)
def test_the_filtered_list(
    snap_compare: Compare, portal: Portals, me: Someone, size: tuple[int, int]
) -> None:
    assert snap_compare(portal(me), terminal_size=size, run_before=FILTERED)


@pytest.mark.parametrize("size", SIZES)
def test_details_with_something_wrong(
    snap_compare: Compare, portal: Portals, me: Someone, size: tuple[int, int]
) -> None:
    assert snap_compare(portal(me), terminal_size=size, run_before=WRONG)


@pytest.mark.parametrize(("screen", "walk"), [("list", FILTERED), ("details", WRONG)])
def test_without_colour(
    snap_compare: Compare, portal: Portals, me: Someone, monkeypatch: pytest.MonkeyPatch,
    screen: str, walk: Callable[[Pilot[None]], Awaitable[None]],
) -> None:  # fmt: skip
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(portal(me), terminal_size=(80, 24), run_before=walk)
