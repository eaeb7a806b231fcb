"""Snapshots of settings and placement, and of the SEN2 details."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core.database import Services
from server.placements.tables import Consultation
from shared.desk import CaseOut
from tests.parts import Someone
from tests.server.placements.steps import name_placement, reply, request_setting
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, wait_for_text

LONG_AGO = timedelta(days=20)
ELM, OAK = UUID(int=0x1A2B3C4D << 96), UUID(int=0x5E6F7A8B << 96)


@pytest.fixture
def filled(officer: Someone, services: Services, case: CaseOut) -> CaseOut:
    """The case with settings asked, a reply, the family's request and a placement."""
    found = {
        row["name"]: row["id"]
        for text in ("elm park", "oakham")
        for row in ok(officer.get("/v1/placements/settings", params={"find": text})).json()
    }
    settings = [
        {"id": str(ELM), "organisation": found["Elm Park School"], "email": "office@elm.example"},
        {"id": str(OAK), "organisation": found["Oakham Road School"]},
    ]
    path = f"/v1/placements/cases/{case.id}/consultations"
    ok(officer.post(path, json={"settings": settings}))
    ok(reply(officer, OAK, "no", ground="others", words="The class has 34 children already."))
    ok(request_setting(officer, case.id, organisation=found["Elm Park School"]))
    oak: dict[str, Any] = {
        "name": "Oakham Road School",
        "organisation": found["Oakham Road School"],
    }
    ok(name_placement(officer, case.id, **oak, sen_unit=True))
    return case


async def test_placements_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, filled: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{filled.id}/placements", "Who was asked")
        await wait_for_text(pilot, "Elm Park School")
        await snapshots.match(pilot, "screen", narrow=True)
        for key, name in (
            ("r", "RecordReply"),
            ("c", "ChaseSetting"),
            ("f", "RecordRequest"),
            ("n", "NamePlacement"),
        ):
            await pilot.press(key)
            await on_screen(pilot, name)
            await snapshots.match(pilot, re.sub("(?<!^)(?=[A-Z])", "-", name).lower(), narrow=True)
            await pilot.press("escape")
            await on_screen(pilot, "Placements")
        await pilot.press("a")
        await on_screen(pilot, "ConsultSettings")
        await pilot.press(*"elm")
        await wait_for_text(pilot, "Elm Park School")
        await pilot.press("enter")
        await wait_for_text(pilot, "Leave out")
        await snapshots.match(pilot, "consult", narrow=True)


async def test_history_with_the_settings_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, services: Services, filled: CaseOut
) -> None:
    with services.transaction() as tx:  # the reply came later than the period allows
        row = tx.session.get_one(Consultation, OAK)
        row.asked_on, row.due_on = row.asked_on - LONG_AGO, row.due_on - LONG_AGO
        tx.session.add(row)
    ok(officer.post(f"/v1/placements/consultations/{ELM}/chase"))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{filled.id}", "What may be done now")
        await pilot.press("6")
        await wait_for_text(pilot, "Family asked for a setting: Elm Park School")
        await wait_for_text(pilot, "! Reply due 25/02/2026: 5 days late")
        await snapshots.match(pilot, narrow=True)


async def test_sen2_details_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, filled: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{filled.id}/sen2", "Ethnicity is missing")
        await snapshots.match(pilot, narrow=True)
