"""Notes, phone calls and tasks of a case, by keyboard."""

from datetime import timedelta

from shared.casework import NOTES_SIZE
from shared.desk import CaseOut
from tests.parts import TODAY, Factory, Someone
from tests.server.casework.steps import (
    CALL,
    CASEWORK,
    add_note,
    add_panel,
    add_task,
    add_to_panel,
    read_casework,
)
from tests.server.steps import if_match, ok
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    until,
    wait_for_text,
    wait_until_idle,
)


async def test_officer_writes_corrects_and_strikes_a_note_and_does_a_task(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-notes")
        await wait_for_text(pilot, "No note was written")
        await pilot.press("n")
        await on_screen(pilot, "WriteNote")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "text") == "Write the note.")
        set_text(pilot, "text", "The school agrees.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "The school agrees.")
        [note] = read_casework(officer, case.id)["notes"]["rows"]
        await choose(pilot, f"#do-correct-{note['id']}")
        await on_screen(pilot, "WriteNote")
        set_text(pilot, "text", "The school objects.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "The school objects.")
        await choose(pilot, f"#do-earlier-{note['id']}")
        await on_screen(pilot, "Notice")
        assert "The school agrees." in dialog_text(pilot)
        await pilot.press("escape")
        await choose(pilot, f"#do-strike-{note['id']}")
        await on_screen(pilot, "StrikeNote")
        set_text(pilot, "reason", "Another child.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "by Ada Priya: Another child.")
        await pilot.press("c")
        await on_screen(pilot, "WriteCall")
        await fill(pilot, with_whom="Ms Quill", phone="0116 496 0103", time="9.30")
        set_text(pilot, "text", "She asks for a meeting.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "hh:mm" in error_at(pilot, "time"))
        await fill(pilot, time="9:30")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ms Quill · 0116 496 0103 · They called us · 02/03/2026 09:30")
        await pilot.press("t")
        await on_screen(pilot, "WriteTask")
        await fill(pilot, text="Call her back", due="01/03/2026")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "! Call her back")
        [task] = read_casework(officer, case.id)["tasks"]
        await choose(pilot, f"#do-done-{task['id']}")
        await wait_for_text(pilot, "✓ Call her back")
        await until(pilot, lambda: getattr(pilot.app.focused, "text", "") == "Reopen")
        await choose(pilot, f"#do-reopen-{task['id']}")
        await wait_for_text(pilot, "! Call her back")
        await pilot.press("p")
        await until(
            pilot,
            lambda: any("No panel" in str(notice.message) for notice in pilot.app._notifications),
        )


async def test_notes_and_dialogs_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    for index in range(30):
        add_note(officer, case.id, f"Note {index}")
    late, today = TODAY.date() - timedelta(days=3), TODAY.date()
    add_task(officer, "Send the form to the school", today + timedelta(days=4), case.id)
    add_task(officer, "Call the family about the meeting", late, case.id)
    add_note(officer, case.id, "She asks for a meeting, and for the form. " * 25, call=CALL)
    panel = add_panel(officer, "SEND panel", "2026-03-10", starts="14:00", place="Room 3")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/notes", "Send the form")
        await pilot.press("p")
        await on_screen(pilot, "PutOnPanel")
        await snapshots.match(pilot, "put-on-panel")
        add_to_panel(officer, panel, case.id)
        await pilot.press("escape")
        await wait_for_text(pilot, "10/03/2026 SEND panel · No outcome yet")
        await snapshots.match(pilot, "notes", narrow=True)
        body = pilot.app.screen.query_one("#body")
        body.scroll_end(animate=False)
        await until(pilot, lambda: bool(pilot.app.screen.query("#do-more")))
        await choose(pilot, "#do-more")
        await until(pilot, lambda: not pilot.app.screen.query("#do-more"))
        body.scroll_end(animate=False)
        await wait_for_text(pilot, "Note 0")
        for key, name in (("n", "WriteNote"), ("c", "WriteCall"), ("t", "WriteTask")):
            await pilot.press(key)
            await on_screen(pilot, name)
            await pilot.press("ctrl+s")
            await wait_for_text(pilot, "There is a problem")
            await snapshots.match(pilot, name, narrow=True)
            await pilot.press("escape")
            await on_screen(pilot, "NotesAndTasks")


async def test_note_corrected_elsewhere_is_shown_and_can_be_corrected_again(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    note = add_note(officer, case.id, "First.")
    for index in range(NOTES_SIZE):  # on the second page, as many are newer
        add_note(officer, case.id, f"Later {index}.")
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/notes", "Later")
        pilot.app.screen.query_one("#body").scroll_end(animate=False)
        await until(pilot, lambda: bool(pilot.app.screen.query("#do-more")))
        await choose(pilot, "#do-more")
        await until(pilot, lambda: not pilot.app.screen.query("#do-more"))
        pilot.app.screen.query_one("#body").scroll_end(animate=False)
        await until(pilot, lambda: bool(pilot.app.screen.query(f"#do-correct-{note}")))
        await choose(pilot, f"#do-correct-{note}")
        await on_screen(pilot, "WriteNote")
        body = {"text": "Second."}
        ok(officer.put(f"{CASEWORK}/notes/{note}", json=body, headers=if_match(1)))
        set_text(pilot, "text", "Third.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "It now says:" in dialog_text(pilot))
        assert "Second." in dialog_text(pilot)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "NotesAndTasks")
    page = read_casework(officer, case.id)["notes"]
    query = {"cursor": page["next"]}
    [last] = ok(officer.get(f"{CASEWORK}/cases/{case.id}/notes", params=query)).json()["rows"]
    assert last["current"]["text"] == "Third."


async def test_reading_a_note_keeps_the_earlier_ones_open(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    note = add_note(officer, case.id, "x" * 5000)
    for index in range(NOTES_SIZE):
        add_note(officer, case.id, f"Later {index}.")
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/notes", "Later")
        pilot.app.screen.query_one("#body").scroll_end(animate=False)
        await until(pilot, lambda: bool(pilot.app.screen.query("#do-more")))
        await choose(pilot, "#do-more")
        await until(pilot, lambda: not pilot.app.screen.query("#do-more"))
        pilot.app.screen.query_one("#body").scroll_end(animate=False)
        read = f"#do-read-{note}"
        await until(pilot, lambda: bool(pilot.app.screen.query(read)))
        await choose(pilot, read)
        await on_screen(pilot, "Notice")
        await pilot.press("escape")
        await on_screen(pilot, "NotesAndTasks")
        await wait_until_idle(pilot)
        assert pilot.app.screen.query(read)


async def test_call_corrected_elsewhere_keeps_both_changes(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    note = add_note(officer, case.id, "First.", call=CALL)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/notes", "First.")
        await choose(pilot, f"#do-correct-{note}")
        await on_screen(pilot, "WriteCall")
        body = {"text": "Second.", "call": {**CALL, "phone": "0116 496 0199"}}
        ok(officer.put(f"{CASEWORK}/notes/{note}", json=body, headers=if_match(1)))
        await fill(pilot, with_whom="Mr Quill, father")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Ms Quill, mother · 0116 496 0199 · They" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await on_screen(pilot, "NotesAndTasks")
    [row] = read_casework(officer, case.id)["notes"]["rows"]
    call = {**CALL, "with_whom": "Mr Quill, father", "phone": "0116 496 0199"}
    assert (row["current"]["call"], row["current"]["text"]) == (call, "Second.")


async def test_task_changed_elsewhere_keeps_both_changes(
    portal: AppFactory, someone: Factory, officer: Someone, case: CaseOut
) -> None:
    task = add_task(officer, "Call the school", "2026-03-09", case.id)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/notes", "Call the school")
        await choose(pilot, f"#do-task-{task}")
        await on_screen(pilot, "WriteTask")
        other = someone("other@leicester.example", staff="officer")  # not in the open list
        body = {"text": "Call the school", "due": "2026-03-12", "officer": str(other.id)}
        ok(other.put(f"{CASEWORK}/tasks/{task}", json=body, headers=if_match(1)))
        await fill(pilot, text="Write to the school")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "12/03/2026 · Ada Other" in dialog_text(pilot))
        assert "Send it again to save only what you changed" in dialog_text(pilot)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "NotesAndTasks")
    row = ok(officer.get(f"{CASEWORK}/tasks/{task}"))
    shown = row.json()
    assert (shown["text"], shown["due"], shown["officer"]) == (
        *("Write to the school", "2026-03-12", "Ada Other"),
    )
    assert row.headers["ETag"] == '"3"'
    assert officer.get(f"{CASEWORK}/tasks/{case.id}").status_code == 404
