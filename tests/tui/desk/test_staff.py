"""Staff accounts on the officer's desk, by keyboard."""

import pytest

from server.core.database import Services
from shared.accounts import Staff
from shared.places import Place, PlaceKind
from tests.emails import emails_to
from tests.parts import Factory, Someone
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.app import PortalApp

MAUD = {"email": "maud@leicester.example", "first_name": "Maud", "last_name": "Ferriby"}


@pytest.fixture
def manager(someone: Factory) -> Someone:
    return someone("manager@leicester.example", staff=Staff.OFFICER, may_manage_staff=True)


def words(app: PortalApp) -> str:
    return " ".join(screen_text(app.screen).split())


async def test_officer_without_the_right_sees_no_way_to_staff_accounts(
    portal: AppFactory, officer: Someone
) -> None:
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "records found")
        await pilot.press("t")
        assert "taff" not in screen_text(app.screen)
        app.navigation.open_place(Place(PlaceKind.STAFF))
        await on_screen(pilot, "StaffAccounts")
        await on_screen(pilot, "Cases")


async def test_account_is_added_after_a_question(
    portal: AppFactory, manager: Someone, services: Services
) -> None:
    app = portal(manager)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "cases", "Staff")
        await pilot.press("t")
        await wait_for_text(pilot, "may manage staff accounts · you")
        await pilot.press("a")
        await on_screen(pilot, "AddStaff")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "email") == "Enter the email address.")
        await fill(pilot, **MAUD, staff="officer", phone="12")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Add Maud Ferriby?")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "telephone number" in error_at(pilot, "phone"))
        assert emails_to(services, MAUD["email"]) == []
        await fill(pilot, phone="0116 496 0107")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Add Maud Ferriby?")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "StaffAccounts")
        await wait_for_text(pilot, "Maud Ferriby · Officer")
    assert len(emails_to(services, MAUD["email"])) == 1


async def test_right_is_given_and_account_disabled_after_a_question(
    portal: AppFactory, manager: Someone, officer: Someone
) -> None:
    app = portal(manager)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "staff", "Ada Priya · Officer")
        assert not app.screen.query(f"#do-disable-{manager.id}")
        await choose(pilot, f"#do-grant-{officer.id}")
        await wait_for_text(pilot, "Allow Ada Priya to manage staff accounts?")
        await pilot.press("enter")
        await on_screen(pilot, "StaffAccounts")
        assert officer.get("/v1/staff").status_code == 403
        await choose(pilot, f"#do-grant-{officer.id}")
        await wait_for_text(pilot, "Allow Ada Priya to manage staff accounts?")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Ada Priya · Officer · may manage staff accounts")
        ok(officer.get("/v1/staff"))
        await choose(pilot, f"#do-disable-{officer.id}")
        await wait_for_text(pilot, "Disable the account of Ada Priya?")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "disabled")
    assert officer.get("/v1/staff").status_code == 401


async def test_last_right_is_not_taken(portal: AppFactory, manager: Someone) -> None:
    app = portal(manager)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "staff", "may manage staff accounts · you")
        await choose(pilot, f"#do-revoke-{manager.id}")
        await wait_for_text(pilot, "Take the right to manage staff")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: bool(app._notifications))
        assert "Nobody else has this right" in str(next(iter(app._notifications)).message)
    ok(manager.get("/v1/staff"))


async def test_who_gives_up_the_right_leaves_the_list(
    portal: AppFactory, manager: Someone, officer: Someone
) -> None:
    ok(manager.put(f"/v1/staff/{officer.id}/right"))
    app = portal(manager)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "records found")
        await pilot.press("t")
        await wait_for_text(pilot, "may manage staff accounts · you")
        await choose(pilot, f"#do-revoke-{manager.id}")
        await wait_for_text(pilot, "Take the right to manage staff")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Cases")
        assert app.session.account is not None
        assert not app.session.account.may_manage_staff
        assert [str(notice.message) for notice in app._notifications] == ["Done."]


async def test_staff_screens_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, manager: Someone, officer: Someone, someone: Factory
) -> None:
    support = someone("tess@leicester.example", staff=Staff.SUPPORT)
    ok(manager.put(f"/v1/staff/{support.id}/disabled"))
    async with portal(manager).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "Staff")
        await snapshots.match(pilot, "cases", narrow=True)
        await pilot.press("t")
        await wait_for_text(pilot, "Ada Priya · Officer")
        await snapshots.match(pilot, "list", narrow=True)
        await choose(pilot, f"#do-disable-{officer.id}")
        await wait_for_text(pilot, "Disable the account of Ada Priya?")
        await snapshots.match(pilot, "disable", narrow=True)
        await pilot.press("escape", "a")
        await on_screen(pilot, "AddStaff")
        await snapshots.match(pilot, "add", narrow=True)
