"""Snapshots of confirming, correcting and undoing, and of a case with several deadlines."""

from datetime import date
from uuid import uuid4

import pytest

from server.core.database import Services
from shared.cases.actions import CorrectionIn
from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, wait_for_text

CASE_TEXT = "What may be done now"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


@pytest.fixture
def corrected(officer: Someone, services: Services, case: CaseOut) -> CaseOut:
    """Return a late case with a corrected step and one that was undone."""
    cases.backdate(services, case, 60)
    case = cases.read_case(officer, case.id)
    cases.record(officer, case, EventKind.REFUSED_TO_ASSESS, TODAY.date(), "The needs are met.")
    event = cases.read_case(officer, case.id).events[-1]
    correction = CorrectionIn(
        id=uuid4(),
        kind=EventKind.DECIDED_TO_ASSESS,
        on=TODAY.date(),
        reason="I chose the wrong line.",
    )
    path = f"/v1/desk/cases/{case.id}/events"
    ok(officer.put(f"{path}/{event.id}", json=correction.model_dump(mode="json")))
    cases.record(officer, case, EventKind.WITHDRAWN, TODAY.date())
    now = cases.read_case(officer, case.id)
    ok(officer.post(f"{path}/{now.events[-1].id}/undo", json={"version": now.version}))
    return cases.read_case(officer, case.id)


async def test_confirmation_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-withdrawn")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await snapshots.match(pilot, narrow=True)


async def test_history_and_its_dialogs_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, corrected: CaseOut
) -> None:
    event = next(row for row in corrected.events if row.corrections)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{corrected.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Undone")
        await snapshots.match(pilot, "history", narrow=True)
        for name in ("correct", "undo"):
            await choose(pilot, f"#do-{name}-{event.id}")
            await on_screen(pilot, name.title())
            await snapshots.match(pilot, name, narrow=True)
            await pilot.press("escape")
            await on_screen(pilot, "OpenCase")


async def test_case_with_several_deadlines_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    cases.backdate(services, case, 50)
    case = cases.read_case(officer, case.id)
    cases.issue_plan(officer, case)
    cases.record(
        officer, case, EventKind.REVIEW_CALLED, TODAY.date(), "The school.", day=date(2026, 4, 1)
    )
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What is due")
        await snapshots.match(pilot, narrow=True)


async def test_opening_without_a_request_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases/open", "Ivo")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        await snapshots.match(pilot, narrow=True)
        await pilot.press("f5")
        await on_screen(pilot, "AddChild")
        await fill(pilot, first_name="Ivo", last_name="Larkspur-Dunne", born="14/3/2018")
        await fill(pilot, gender="not_said")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        await snapshots.match(pilot, "add-child", narrow=True)
        await fill(pilot, address="1 Osier Way", postcode="LE1 1FZ", school="Elm School")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await snapshots.match(pilot, "known-child", narrow=True)
        await choose(pilot, "#new")
        await on_screen(pilot, "OpenCaseWithoutRequest")
        await wait_for_text(pilot, "● Ivo Larkspur-Dunne · born 14/03/2018 · Elm School")
