"""The list of phase transfers, and several of its cases put on a panel or set at once."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from server.cases.tables import CaseEvent
from server.casework.tables import PanelCase
from server.core.database import Services
from shared.cases.events import EventKind
from tests.parts import TODAY, Someone
from tests.server.steps import if_match, ok, rows
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text


def saved_names(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*.csv")]


async def test_transfers_are_listed_set_and_put_on_a_panel(
    portal: AppFactory,
    snapshots: Snapshots,
    me: Someone,
    officer: Someone,
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.desk.transfers.utc_now", lambda: TODAY)
    monkeypatch.setattr("tui.documents.save.downloads_folder", lambda: tmp_path)
    for last, born in {"Abel": "2015-06-01", "Bell": "2010-06-01", "Cull": "2018-06-01"}.items():
        case = cases.add_case(me, officer, last_name=last, first_name="Ivo", born=born)
        cases.issue_plan(officer, case)
        if last == "Bell":
            cases.add_event(officer, case, EventKind.MEETING_HELD)
    panel = uuid4()
    ok(
        officer.put(
            f"/v1/casework/panels/{panel}",
            json={"name": "Transfers", "on": "2026-03-09"},
            headers=if_match(0),
        )
    )
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "3 records found")
        await pilot.press("f")
        await on_screen(pilot, "ChooseTransfers")
        await snapshots.match(pilot, "choose", narrow=True)
        await pilot.press("f1")
        await wait_for_text(pilot, "The year in which the phase transfer takes place")
        await pilot.press("escape")
        await on_screen(pilot, "ChooseTransfers")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "2 records found")
        await wait_for_text(pilot, "review held 1 of 2, notice sent 0")
        await snapshots.match(pilot, "cohort", narrow=True)
        await pilot.press("f")
        await on_screen(pilot, "ChooseTransfers")
        await fill(pilot, kind="post_16")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Transfers to post-16 in 2026: review held 1 of 1")
        await until(pilot, lambda: "Abel" not in screen_text(pilot.app.screen))
        await pilot.press("y")
        await on_screen(pilot, "SaveCopy")
        await choose(pilot, "#save")
        await wait_for_text(pilot, "Saved as")
        assert [name[:16] for name in saved_names(tmp_path)] == ["cases-transfers-"]
        await pilot.press("escape")
        await on_screen(pilot, "Cases")
        await pilot.press("a", "d")
        await wait_for_text(pilot, "What is to be done with the marked cases?")
        await snapshots.match(pilot, "several", narrow=True)
        await choose(pilot, "#transfer")
        await wait_for_text(pilot, "Set the phase transfer by the date of birth in 1 case?")
        await wait_for_text(pilot, "Nobody gets a message.")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Done in 1 case")
        await pilot.press("enter")
        await on_screen(pilot, "Cases")
        await pilot.press("a", "d")
        await wait_for_text(pilot, "What is to be done with the marked cases?")
        await choose(pilot, "#panel")
        await on_screen(pilot, "Pick")
        await pilot.press(*"transf", "enter")
        await wait_for_text(pilot, "Put 1 case on 09/03/2026 · Transfers?")
        await wait_for_text(pilot, "These cases go after those already on it.")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Done in 1 case")
    [item] = rows(services, PanelCase)
    [event] = [row for row in rows(services, CaseEvent) if row.kind == "phase_transfer_set"]
    assert (item.panel_id, item.case_id) == (panel, event.case_id)
    assert event.day == date(2026, 3, 30)
