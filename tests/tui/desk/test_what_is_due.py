"""What is due in a case, besides its deadlines: its tasks, and advice that nobody was asked for."""

from datetime import timedelta
from uuid import UUID

from textual.pilot import Pilot

from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.server.casework.steps import CASEWORK, add_task
from tests.server.steps import ok
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text

CASE_TEXT = "What may be done now"
DAY = TODAY.date()


def lines(pilot: Pilot[None]) -> list[str]:
    return [line.strip(" ▸") for line in screen_text(pilot.app.screen).split("\n")]


async def test_tasks_of_a_case_are_due_by_their_day_and_open_with_enter(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    late = add_task(officer, "Ring the school", DAY - timedelta(days=2), case.id)
    add_task(officer, "Write to the GP", DAY + timedelta(days=100), case.id)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        first = "! Task due 28/02/2026 · 2 days late · Ada Priya: Ring the school"
        last = "Task due 10/06/2026 · 100 days left · Ada Priya: Write to the GP"
        shown = lines(pilot)
        decision = "Decision due 13/04/2026 · 42 days left"
        assert shown.index(first) < shown.index(decision) < shown.index(last)
        await choose(pilot, f"#task-{late}")
        await on_screen(pilot, "NotesAndTasks")
        await choose(pilot, f"#do-done-{late}")
        await wait_for_text(pilot, "✓ Ring the school")
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: first not in lines(pilot))
        assert last in lines(pilot)
        for number in range(6):
            add_task(officer, f"Task {number}", DAY, case.id)
        await pilot.press("r")
        await wait_for_text(pilot, "2 more tasks")
        await choose(pilot, "#more-tasks")
        await on_screen(pilot, "NotesAndTasks")


async def test_gaps_of_the_advice_are_told_in_the_case(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        gap = "Not asked for yet: 3 kinds of advice · the family's views are not recorded"
        assert gap in lines(pilot)
        await pilot.press("3")
        await wait_for_text(pilot, "Advice not received yet: Educational advice from Ada Senco.")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "The family's views are not recorded (Reg. 6(1)(a) and 7(a))." in text
        assert (
            "Never asked for (Reg. 6(1)): Health advice, Psychological advice, Social care advice."
        ) in text


async def test_what_is_due_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    add_task(officer, "Ring the school about the dates of the visit", DAY, case.id)
    task = UUID(int=1)
    body = {"text": "Ask for the report", "due": "2026-02-27", "case": str(case.id)}
    ok(officer.put(f"{CASEWORK}/tasks/{task}", json=body, headers={"If-Match": '"0"'}))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await snapshots.match(pilot, "due", narrow=True)
        await pilot.press("3")
        await wait_for_text(pilot, "Never asked for")
        await snapshots.match(pilot, "gaps", narrow=True)
