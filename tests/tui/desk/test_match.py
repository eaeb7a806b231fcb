"""A new child beside those already known."""

import pytest

from tests.parts import Factory, Someone
from tests.server.steps import done
from tests.tui.accounts.filling import choose
from tests.tui.conftest import Portals
from tests.tui.desk import cases
from tests.tui.steps import at_place, on_screen, until, words


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.officer(someone)


async def test_what_is_alike_is_said_and_the_same_child_becomes_one(
    portal: Portals, someone: Factory, officer: Someone
) -> None:
    known = cases.add_case(someone(), officer)
    done(officer.post(f"/v1/desk/people/{known.person.id}/match", json={}))
    new = cases.add_case(someone("new@osierbeck.example"), officer, school="Tallowmere Academy")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, f"cases/{new.id}", "! new child")
        await choose(pilot, "#do-match")
        await until(pilot, lambda: "1 of 1 known" in words(pilot.app.screen))
        lines = [line.strip() for line in words(pilot.app.screen).splitlines()]
        for label, alike in (("Name", True), ("Date of birth", True), ("School", False)):
            [line] = [line for line in lines if line.startswith(f"{label}  ")]
            assert line.endswith("= the same") is alike
        await choose(pilot, "#same")
        await on_screen(pilot, "Question")
        assert "can't be undone" in " ".join(words(pilot.app.screen).split())
        await pilot.press("escape")
        await on_screen(pilot, "MatchChild")
        assert cases.read_case(officer, new.id).new
        await choose(pilot, "#same")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "! new child" not in words(pilot.app.screen))
    assert cases.read_case(officer, new.id).person.id == known.person.id


async def test_a_child_like_nobody_is_accepted_as_new(
    portal: Portals, someone: Factory, officer: Someone
) -> None:
    new = cases.add_case(someone(), officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, f"cases/{new.id}/match", "Nobody known is like this child")
        await pilot.press("enter")
        await on_screen(pilot, "Home")
    assert not cases.read_case(officer, new.id).new
