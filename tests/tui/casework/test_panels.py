"""Panels, by keyboard."""

from pathlib import Path

from textual.pilot import Pilot

from shared.desk import CaseOut
from tests.parts import Factory, Someone
from tests.server.casework.steps import (
    CASEWORK,
    add_panel,
    add_task,
    add_to_panel,
    defer,
    read_casework,
    write_minutes,
)
from tests.server.steps import if_match, ok
from tests.tui.accounts.filling import choose, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import dialog_text, go_to, on_screen, until, wait_for_text


def link_id(pilot: Pilot[None], prefix: str) -> str:
    """Return the id of the first link whose id begins with a prefix."""
    ids = (link.id or "" for link in pilot.app.screen.query("Link"))
    return next(id for id in ids if id.startswith(prefix))


async def test_panel_is_planned_and_its_decision_recorded_in_the_case(
    snapshots: Snapshots,
    portal: AppFactory,
    someone: Factory,
    officer: Someone,
    case: CaseOut,
    tmp_path: Path,
) -> None:
    other = cases.add_case(someone("head@osierbeck.example"), officer, first_name="Nell")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "panels", "No panel is planned.")
        await pilot.press("a")
        await on_screen(pilot, "WritePanel")
        await fill(pilot, name="SEND panel", on="02/03/2026", starts="14:00", place="Room 3")
        await snapshots.match(pilot, "write-panel", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "No case is on this panel.")
        await pilot.press("escape")
        await wait_for_text(pilot, "SEND panel · Room 3 · 0 cases")
        await pilot.press("escape")
        for each in (case, other):
            await go_to(pilot, f"cases/{each.id}/notes", "The case is on no panel.")
            await pilot.press("p")
            await on_screen(pilot, "PutOnPanel")
            await pilot.press("ctrl+s")
            await wait_for_text(pilot, "No outcome yet")
            await pilot.press("escape")
        await go_to(pilot, "panels", "2 cases, 2 without an outcome")
        await snapshots.match(pilot, "panels", narrow=True)
        await pilot.press("enter")
        await wait_for_text(pilot, "2. Nell Larkspur-Dunne")
        await choose(pilot, ".do")
        await on_screen(pilot, "PanelDecision")
        await snapshots.match(pilot, "decision", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "The child is new, and not matched")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "✓ Decided to assess")
        await choose(pilot, f"#{link_id(pilot, 'do-defer')}")
        await on_screen(pilot, "DeferCase")
        set_text(pilot, "reason", "Advice is missing.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "! Deferred: Advice is missing.")
        await choose(pilot, f"#{link_id(pilot, 'do-minutes')}")
        await on_screen(pilot, "WriteMinutes")
        set_text(pilot, "text", "All agreed.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Minutes: All agreed.")
        await snapshots.match(pilot, "panel", narrow=True)
        await pilot.press("i")
        await on_screen(pilot, "SaveCopy")
        await fill(pilot, folder=str(tmp_path))
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(tmp_path.glob("panel-2026-03-02.txt"))))
        await wait_for_text(pilot, "Saved as")
    assert cases.read_case(officer, case.id).state_words == "Assessing"
    [panel] = read_casework(officer, case.id)["panels"]
    assert panel["outcome_words"] == "Decided to assess"


async def test_what_another_officer_saved_meanwhile_is_shown_and_replaced_or_left(
    portal: AppFactory, someone: Factory, officer: Someone, case: CaseOut
) -> None:
    other = someone("other@leicester.example", staff="officer")
    panel = add_panel(officer, "Panel", "2026-03-02")
    [item] = add_to_panel(officer, panel, case.id)["items"]
    task = add_task(officer, "Call", "2026-03-09", case.id)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"panels/{panel}", "No outcome yet")
        await choose(pilot, f"#{link_id(pilot, 'do-minutes')}")
        await on_screen(pilot, "WriteMinutes")
        ok(write_minutes(other, item["id"], "Theirs."))
        set_text(pilot, "text", "Theirs and mine.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Other changed this at 02/03/2026 10:42")
        await until(pilot, lambda: "It now says:" in dialog_text(pilot))
        assert "Minutes: Theirs." in dialog_text(pilot)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Minutes: Theirs and mine.")
        await choose(pilot, f"#{link_id(pilot, 'do-defer')}")
        await on_screen(pilot, "DeferCase")
        ok(defer(other, item["id"], "Advice is missing.", version=3))
        set_text(pilot, "reason", "The school is asked again.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Deferred: Advice is missing." in dialog_text(pilot))
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await choose(pilot, "#close")  # theirs stays
        await wait_for_text(pilot, "! Deferred: Advice is missing.")
        await pilot.press("e")
        await on_screen(pilot, "WritePanel")
        moved = {"name": "Panel", "on": "2026-03-02", "place": "Room 3"}
        ok(other.put(f"{CASEWORK}/panels/{panel}", json=moved, headers=if_match(1)))
        await fill(pilot, starts="9:30")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "02/03/2026 · Panel · Room 3" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "02/03/2026 09:30 · Panel · Room 3")
        await pilot.press("escape")
        await go_to(pilot, f"cases/{case.id}/notes", "Call")
        await choose(pilot, f"#do-task-{task}")
        await on_screen(pilot, "WriteTask")
        ok(other.put(f"{CASEWORK}/tasks/{task}/done"))
        await fill(pilot, text="Call the school")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Call\n09/03/2026 · Ada Priya\nDone" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "✓ Call the school")
