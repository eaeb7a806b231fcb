"""Recording the family's views during the assessment."""

from pathlib import Path

import pytest

from shared.cases.events import EventKind
from tests.parts import TODAY, Someone
from tests.pdfs import PDF
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, error_at, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.desk.test_publish import upload
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    until,
    wait_for_text,
    wait_until_idle,
)


async def test_views_are_recorded_for_chosen_readers_and_undone(
    portal: AppFactory,
    snapshots: Snapshots,
    me: Someone,
    officer: Someone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    case = cases.add_case(me, officer)
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    file = tmp_path / "views.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-event-representations_recorded")
        await on_screen(pilot, "AddEvent")
        await snapshots.match(pilot, "views", narrow=True)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason").startswith("Enter what they say, or"))
        await wait_until_idle(pilot)  # the error takes the focus
        set_text(pilot, "reason", "School is too loud.")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "ctrl+s")
        await until(pilot, lambda: error_at(pilot, "readers").startswith("Upload the document"))
        await wait_until_idle(pilot)
        await upload(pilot, file)
        await until(pilot, lambda: error_at(pilot, "readers") == "")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await snapshots.match(pilot, "readers", narrow=True)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await pilot.press("6")
        await wait_for_text(pilot, "Views of the family recorded")
        await wait_for_text(pilot, "What they say: School is too loud.")
        await wait_for_text(pilot, "Document: views.pdf, under Documents")
        await pilot.press("4")
        await wait_for_text(pilot, "for Ada Senco")
        shown = cases.read_case(officer, case.id)
        [row] = shown.published
        assert row.reader_ids == [me.id]
        await pilot.press("6")
        await choose(pilot, f"#do-undo-{shown.events[-1].id}")
        await on_screen(pilot, "Undo")
        assert "The document published with it is withdrawn" in dialog_text(pilot)
        await choose(pilot, "#send")
        await on_screen(pilot, "OpenCase")
        assert cases.read_case(officer, case.id).published[0].withdrawn_at is not None


async def test_ticking_a_reader_is_not_lost_by_leaving(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    case = cases.add_case(me, officer)
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-event-representations_recorded")
        await on_screen(pilot, "AddEvent")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "escape")
        await on_screen(pilot, "ChoiceDialog")
