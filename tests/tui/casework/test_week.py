"""The officer's diary of the week and list of tasks, by keyboard."""

from pathlib import Path

import pytest

from server.core.database import Services
from shared.desk import CaseOut
from tests.parts import Someone
from tests.server.casework.steps import add_panel, add_task
from tests.server.steps import ok
from tests.tui.accounts.filling import fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text


@pytest.fixture
def busy_case(officer: Someone, services: Services, case: CaseOut) -> CaseOut:
    """Create a case of the officer that is late, with tasks and a panel this week."""
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    cases.backdate(services, case, 50)
    add_task(officer, "Call the family about the meeting", "2026-03-01", case.id)
    add_task(officer, "Send the form to the school", "2026-03-04", case.id)
    add_task(officer, "Order the room", "2026-03-11")
    add_panel(officer, "SEND panel", "2026-03-04", starts="14:00", place="Room 3")
    return case


@pytest.mark.usefixtures("busy_case")
async def test_week_is_walked_and_saved_for_a_calendar(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, tmp_path: Path
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        await wait_for_text(pilot, "Your tasks")
        assert "Call the" in screen_text(pilot.app.screen)
        await snapshots.match(pilot, "home")
        await pilot.press("g", "w")
        await wait_for_text(pilot, "14:00  SEND panel, Room 3 · 0 cases")
        await snapshots.match(pilot, "diary", narrow=True)
        await pilot.press("n")
        await wait_for_text(pilot, "09/03/2026 to 15/03/2026 · next week")
        assert "Order the room" in screen_text(pilot.app.screen)
        await pilot.press("n")
        await wait_for_text(pilot, "Nothing is due")
        await pilot.press("p", "p", "p")
        await wait_for_text(pilot, "23/02/2026 to 01/03/2026")
        await pilot.press("t")
        await wait_for_text(pilot, "this week")
        await pilot.press("i")
        await on_screen(pilot, "SaveCopy")
        await fill(pilot, folder=str(tmp_path))
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(tmp_path.glob("*.ics"))))
        await wait_for_text(pilot, "Saved as")
        await pilot.press("escape")
        await wait_for_text(pilot, "this week")
        await pilot.press("n")
        await wait_for_text(pilot, "next week")
        await pilot.press("y")
        await on_screen(pilot, "SaveCopy")
        await fill(pilot, folder=str(tmp_path))
        await pilot.press("enter")
        await until(pilot, (tmp_path / "week-2026-03-09.csv").exists)
    text = (tmp_path / "week-2026-03-02.ics").read_text()
    assert "SUMMARY:SEND panel" in text
    assert "Ivo" not in text


@pytest.mark.usefixtures("busy_case")
async def test_tasks_are_done_changed_and_added_in_their_list(
    snapshots: Snapshots, portal: AppFactory, officer: Someone
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "tasks", "3 records found")
        await snapshots.match(pilot, narrow=True)
        await pilot.press("x")
        await wait_for_text(pilot, "2 records found")
        await pilot.press("e")
        await on_screen(pilot, "WriteTask")
        await fill(pilot, text="Post the form")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Post the form")
        await pilot.press("a")
        await on_screen(pilot, "WriteTask")
        await fill(pilot, text="Book leave")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "3 records found")
        await pilot.press("/", *"ivo", "enter")
        await wait_for_text(pilot, "1 of 3 found")
        await pilot.press("enter")
        await on_screen(pilot, "NotesAndTasks")
        await wait_for_text(pilot, "✓ Call the family about the meeting")
