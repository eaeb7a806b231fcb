"""Snapshots of Home with what waits for a professional and for an officer."""

import pytest

from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Clock, Factory, Someone
from tests.server.steps import done
from tests.tui.conftest import Portals
from tests.tui.desk import cases
from tests.tui.home.waiting import add_waiting
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import until
from tui.home.screen import RowLink


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return someone("priya@leicester.example", staff=Staff.OFFICER)


async def test_home_of_a_professional(
    snapshots: Snapshots,
    portal: Portals,
    me: Someone,
    officer: Someone,
    services: Services,
    clock: Clock,
) -> None:
    add_waiting(me, officer, services, clock)
    async with portal(me).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, RowLink))
        await snapshots.match(pilot)


async def test_home_of_an_officer(
    snapshots: Snapshots, portal: Portals, me: Someone, officer: Someone
) -> None:
    case = cases.add_case(me, officer)
    done(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    cases.add_case(me, officer, first_name="Nell")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, RowLink))
        await snapshots.match(pilot)
