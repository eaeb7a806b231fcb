"""Matching a new child with known children."""

from uuid import uuid4

from tests.parts import Factory, Someone
from tests.server.steps import if_match, ok
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until


async def test_matching_shows_same_details_and_merges_the_children(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    known = cases.add_case(someone(), officer)
    ok(officer.post(f"/v1/desk/people/{known.person.id}/match", json={}))
    new_case = cases.add_case(
        someone("new@osierbeck.example"), officer, school="Tallowmere Academy"
    )
    for person, name in ((known.person, "Ada Fox"), (new_case.person, "Sam Dunne")):
        parent = {"id": str(uuid4()), "name": name}
        body = {"id": str(uuid4()), "parents": [parent], "reason": "A call."}
        path, headers = f"/v1/desk/people/{person.id}/parents", if_match(person.version)
        ok(officer.put(path, json=body, headers=headers))
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{new_case.id}", "! new child")
        await choose(pilot, "#do-match")
        await until(pilot, lambda: "1 of 1 known" in screen_text(pilot.app.screen))
        lines = [line.strip() for line in screen_text(pilot.app.screen).splitlines()]
        for label, is_same in (("Name", True), ("Date of birth", True), ("School", False)):
            [line] = [line for line in lines if line.startswith(f"{label}  ")]
            assert line.endswith("= the same") is is_same
        [line] = [line for line in lines if line.startswith("Parent, carer  ")]
        assert "Sam Dunne" in line
        assert line.endswith("Ada Fox")
        await choose(pilot, "#same")
        await on_screen(pilot, "ChoiceDialog")
        dialog = " ".join(screen_text(pilot.app.screen).split())
        assert "Add parents and carers" in dialog
        assert "can't be undone" in dialog
        await pilot.press("escape")
        await on_screen(pilot, "MatchChild")
        assert cases.read_case(officer, new_case.id).new
        await choose(pilot, "#same")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "! new child" not in screen_text(pilot.app.screen))
    assert cases.read_case(officer, new_case.id).person.id == known.person.id


async def test_unmatched_child_is_accepted_as_new(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    new_case = cases.add_case(someone(), officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{new_case.id}/match", "Nobody known is like this child")
        await pilot.press("enter")
        await on_screen(pilot, "Home")
    assert not cases.read_case(officer, new_case.id).new
