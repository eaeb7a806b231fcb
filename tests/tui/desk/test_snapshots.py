"""Snapshots of the officer's desk."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from server.forms import submitting
from shared.cases.events import EventKind
from shared.desk import AdviceState, CaseOut
from tests.parts import TODAY, Factory, Someone
from tests.pdfs import PDF
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, until, wait_for_text, wait_until_idle
from tui.desk.dialog import CaseDialog
from tui.documents.upload_row import UploadRow
from tui.widgets.tick import Tick

SECTIONS = {
    "now": "What may be done now",
    "forms": "Professional Request",
    "advice": "2 asked for",
    "documents": "Draft EHC plan",
    "people": "put on their list",
    "history": "Decided to assess",
    "trail": "Case read",
}
DIALOGS = {
    "event": ("1", "do-event-decided_not_to_issue"),
    "allocate": ("1", "do-allocate"),
    "withdraw": ("4", "do-withdraw"),
    "end-access": ("5", "do-end_access"),
    "details": ("5", "do-details"),
}
ADVICE_DIALOGS = {
    "accept": "do-accept_advice",
    "return": "do-return_advice",
    "cancel": "do-cancel",
    "reassign": "do-reassign",
    "exempt": "do-exempt",
    "chase": "do-chase",
    "paper": "do-paper",
}
WITH_ERRORS = {"event", "reassign", "exempt"}
NARROW = {"withdraw", "end-access"}


@pytest.fixture
def case(
    officer: Someone,
    someone: Factory,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> CaseOut:
    """Create a late case, a case of an unmatched child, and the case to show; return the last."""
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    monkeypatch.setattr(submitting, "new_reference", _references())
    me, colleague = someone(), someone("tamsin@osierbeck.example")
    late = cases.add_case(me, officer, first_name="Maximilian", last_name="Featherstonehaugh")
    ok(officer.post(f"/v1/desk/people/{late.person.id}/match", json={}))
    ok(officer.put(f"/v1/desk/cases/{late.id}/officer"))
    cases.backdate(services, late, 50)
    # No two cases are due on one day, so that their order is always the same.
    cases.backdate(services, cases.add_case(me, officer, first_name="Zoë", last_name="Ng"), 1)
    case = cases.add_case(me, officer)
    ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id, colleague.id)
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    my_advice = next(
        row for row in cases.read_case(officer, case.id).advice if row.account == me.id
    )
    cases.submit_advice(me, my_advice.submission)
    cases.publish(officer, case.person.id, case.id, me)
    return cases.read_case(officer, case.id)


def _references() -> Callable[[object], str]:
    letters = iter("ABCDEFGH")
    return lambda _: f"K7MP4RV{next(letters)}"


async def test_cases_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "3 records found")
        await snapshots.match(pilot, narrow=True, wide=True)


async def test_case_sections_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        for number, (name, text) in enumerate(SECTIONS.items(), 1):
            await pilot.press(str(number))
            await wait_for_text(pilot, text)
            await snapshots.match(pilot, name, narrow=name in {"now", "forms"})


async def choose_first(pilot: Pilot[None], prefix: str) -> None:
    """Choose the first link in the open section whose id starts with `prefix`."""

    def matching_ids() -> list[str]:
        names = [link.id or "" for link in pilot.app.screen.query("#body Link")]
        return [name for name in names if name.startswith(prefix)]

    await until(pilot, lambda: bool(matching_ids()))
    await choose(pilot, f"#{matching_ids()[0]}")


async def test_case_dialogs_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        for name, (section, link) in DIALOGS.items():
            await pilot.press(section)
            await match_dialog(snapshots, pilot, name, link)
            await on_screen(pilot, "OpenCase")


async def match_dialog(snapshots: Snapshots, pilot: Pilot[None], name: str, link: str) -> None:
    """Open the dialog of the first link whose id starts with `link`, compare it and close it."""
    await choose_first(pilot, link)
    await until(pilot, lambda: isinstance(pilot.app.screen, CaseDialog))
    if name in WITH_ERRORS:
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
    await snapshots.match(pilot, name, narrow=True)
    await pilot.press("escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, CaseDialog))
    await wait_until_idle(pilot)  # the screen below is read again, and its links replaced


async def test_advice_and_its_dialogs_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    awaited = next(row for row in case.advice if row.state is not AdviceState.SUBMITTED)
    body = {"id": str(uuid4()), "text": "The panel meets on 9 March. Please send it by then."}
    ok(officer.post(f"/v1/desk/advice/{awaited.id}/chase", json=body))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "2 asked for")
        await snapshots.match(pilot, narrow=True)
        for name, link in ADVICE_DIALOGS.items():
            await match_dialog(snapshots, pilot, name, link)
            await on_screen(pilot, "CaseAdvice")
        paper = {"id": str(uuid4()), "received_on": "2026-03-02", "given_by": "Mr Wren"}
        ok(officer.post(f"/v1/desk/advice/{awaited.id}/paper", json=paper))
        await pilot.press("r")
        await wait_for_text(pilot, "Received on paper")
        await snapshots.match(pilot, "on-paper", narrow=True)


async def test_unsaved_dialog_question_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-event-decided_not_to_issue")
        await on_screen(pilot, "AddEvent")
        await fill(pilot, on="1/3/2026")
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await snapshots.match(pilot)


async def test_ask_for_advice_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Osierbeck Academy")
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        await snapshots.match(pilot, narrow=True)
        await match_dialog(snapshots, pilot, "by-post", "post")


async def test_match_child_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut, someone: Factory
) -> None:
    new_case = cases.add_case(
        someone("new@osierbeck.example"), officer, school="Tallowmere Academy", upn="A123456789012"
    )
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{new_case.id}/match", "= the same")
        await snapshots.match(pilot, narrow=True)


async def test_publish_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut, tmp_path: Path
) -> None:
    file = tmp_path / "draft.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/publish", "No file chosen")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        await snapshots.match(pilot, narrow=True)
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await fill(pilot, kind="draft_plan")
        pilot.app.screen.query_one(Tick).focus()
        await pilot.press("space", "ctrl+s")
        await wait_for_text(pilot, "Publish it to them?")
        await snapshots.match(pilot, "confirm")


async def test_keep_document_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut, tmp_path: Path
) -> None:
    file = tmp_path / "panel.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/documents", "No file chosen")
        await snapshots.match(pilot, narrow=True)
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Keep it for officers only?")
        await snapshots.match(pilot, "confirm")


async def test_what_was_taken_back_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    [published], reason = case.published, {"reason": "The plan of another child."}
    ok(officer.post(f"/v1/desk/publications/{published.id}/withdraw", json=reason))
    colleague = next(row for row in case.professionals if row.name == "Ada Tamsin")
    path = f"/v1/desk/people/{case.person.id}/access/{colleague.account}/end"
    ok(officer.post(path, json={"reason": "Moved to another school."}))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("4")
        await wait_for_text(pilot, "Withdrawn 02/03/2026")
        await snapshots.match(pilot, "documents", narrow=True)
        await pilot.press("5")
        await wait_for_text(pilot, "Access that was ended")
        await snapshots.match(pilot, "people", narrow=True)


async def test_enter_request_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases/new", "Zoë")
        await pilot.press(*"zoe", "enter")
        await wait_for_text(pilot, "● Zoë Ng")
        await snapshots.match(pilot, narrow=True)
