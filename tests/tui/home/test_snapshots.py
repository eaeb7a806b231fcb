"""Snapshots of Home, the palette and Go to."""

import pytest

from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Clock, Factory, Someone
from tests.server.steps import add_child, ok, start
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.home.waiting_items import add_waiting_items
from tests.tui.messages.sending import send
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.home.screen import RowLink


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return someone("priya@leicester.example", staff=Staff.OFFICER)


async def test_professional_home_matches_snapshot(
    snapshots: Snapshots,
    portal: AppFactory,
    me: Someone,
    officer: Someone,
    services: Services,
    clock: Clock,
) -> None:
    add_waiting_items(me, officer, services, clock)
    async with portal(me).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, RowLink))
        await snapshots.match(pilot, narrow=True)


async def test_officer_home_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone, officer: Someone
) -> None:
    case = cases.add_case(me, officer)
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    cases.add_case(me, officer, first_name="Nell")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, RowLink))
        await snapshots.match(pilot, narrow=True)


async def test_palette_results_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone, services: Services
) -> None:
    start(me, add_child(me))
    send(services, me, subject="About Ivo")
    async with portal(me).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, RowLink))
        await pilot.press("slash", *"ivo")
        await until(pilot, lambda: "born 14/03/2018" in screen_text(pilot.app.screen))
        await snapshots.match(pilot, narrow=True)


async def test_palette_commands_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await snapshots.match(pilot)


async def test_go_to_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("g")
        await on_screen(pilot, "GoTo")
        await snapshots.match(pilot, narrow=True)
