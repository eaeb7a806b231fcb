"""An officer confirms, refuses and links memberships, by keyboard."""

from typing import Any

from textual.pilot import Pilot

from tests.parts import Factory, Someone
from tests.server.accounts.steps import WORK
from tests.server.steps import ok
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import dialog_text, go_to, on_screen, wait_for_text


def work_of(someone: Someone) -> dict[str, Any]:
    work: dict[str, Any] = someone.get("/v1/account").json()["work_details"][0]
    return work


def add_typed(someone: Factory, name: str) -> Someone:
    """Add a professional whose organisation is only typed."""
    new = someone("new@tansy.example", organisation="Else")
    ok(new.put(f"/v1/account/work-details/{new.work}", json=WORK | {"organisation": name}))
    return new


async def answer(pilot: Pilot[None], text: str) -> None:
    """Say yes to the question that shows a text."""
    await on_screen(pilot, "ChoiceDialog")
    assert text in dialog_text(pilot)
    await pilot.press("tab", "enter")


async def test_membership_is_confirmed_from_the_list_of_cases(
    portal: AppFactory, officer: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "There is no open case")
        await pilot.press("m")
        await on_screen(pilot, "Memberships")
        await wait_for_text(pilot, "new@osierbeck.example")
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await on_screen(pilot, "Memberships")
        assert not work_of(new)["confirmed"]
        await pilot.press("enter")
        await answer(pilot, "becomes a colleague of everybody at Osierbeck Academy")
        await wait_for_text(pilot, "Nobody waits")
    assert work_of(new)["confirmed"]


async def test_typed_name_is_linked_to_a_listed_organisation(
    portal: AppFactory, officer: Someone, me: Someone, someone: Factory
) -> None:
    new = add_typed(someone, "Osierbeck")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "memberships", "typed, not in the list")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "ChooseOrganisation")
        await wait_for_text(pilot, "Type at least 3 letters")
        await pilot.press(*"osierb")
        await wait_for_text(pilot, "Osierbeck Academy")
        await pilot.press("enter")
        await answer(pilot, "becomes a colleague of everybody at Osierbeck Academy")
        await wait_for_text(pilot, "Nobody waits")
    assert (work_of(new)["organisation"], work_of(new)["confirmed"]) == ("Osierbeck Academy", True)


async def test_confirmed_typed_name_joins_the_list(
    portal: AppFactory, officer: Someone, someone: Factory
) -> None:
    new = add_typed(someone, "Tansy Bank")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "memberships", "typed, not in the list")
        await pilot.press("enter")
        await answer(pilot, "The name is added to the list of organisations.")
        await wait_for_text(pilot, "Nobody waits")
    [row] = ok(new.get("/v1/organisations", params={"find": "tansy"})).json()
    assert row["id"] == work_of(new)["organisation_id"]


async def test_membership_is_refused(
    portal: AppFactory, officer: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "memberships", "new@osierbeck.example")
        await choose(pilot, ".decide")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await on_screen(pilot, "Memberships")
        await pilot.press("tab", "tab", "enter")
        await answer(pilot, "goes on working alone at Osierbeck Academy")
        await wait_for_text(pilot, "Nobody waits")
    assert not work_of(new)["confirmed"]


async def test_list_is_reloaded_when_somebody_else_was_faster(
    portal: AppFactory, officer: Someone, me: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "memberships", "new@osierbeck.example")
        await pilot.press("tab", "tab", "enter")
        await on_screen(pilot, "ChoiceDialog")
        ok(me.post(f"/v1/account/colleagues/{new.work}/confirm"))
        await answer(pilot, "goes on working alone")
        await wait_for_text(pilot, "Nobody waits")
        [notice] = app._notifications
        assert "Somebody has confirmed them already" in str(notice.message)


async def test_membership_that_moved_is_shown_again_instead_of_confirmed(
    portal: AppFactory, officer: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "memberships", "new@osierbeck.example")
        moved = WORK | {"organisation": "Tansy Bank"}
        ok(new.put(f"/v1/account/work-details/{new.work}", json=moved))
        await pilot.press("enter")
        await answer(pilot, "becomes a colleague of everybody at Osierbeck Academy")
        await wait_for_text(pilot, "Says: Tansy Bank")
    assert not work_of(new)["confirmed"]


async def test_memberships_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, someone: Factory
) -> None:
    someone("ada@osierbeck.example", confirmed=False)
    add_typed(someone, "Tansy Bank")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "memberships", "typed, not in the list")
        await snapshots.match(pilot, "list", narrow=True)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "ChooseOrganisation")
        await pilot.press(*"osier")
        await wait_for_text(pilot, "Osierbeck Academy")
        await snapshots.match(pilot, "link")
