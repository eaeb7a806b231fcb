"""Publishing a document to a child's professionals."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select
from textual.pilot import Pilot

from server.core.database import Services
from server.documents.tables import Document
from shared.cases.events import EventKind
from shared.desk import CaseOut
from shared.documents import ScanState
from tests.parts import TODAY, Factory, Someone
from tests.pdfs import PDF
from tests.server.steps import if_match, ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    until,
    wait_for_text,
    wait_until_idle,
)
from tui.documents.upload_row import UploadRow
from tui.widgets.choice_list import ChoiceList
from tui.widgets.header import Link
from tui.widgets.tick import Tick


async def test_document_is_published_to_ticked_readers(
    portal: AppFactory, someone: Factory, officer: Someone, tmp_path: Path
) -> None:
    me = someone()
    case = cases.add_case(me, officer)
    file = tmp_path / "draft.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-publish")
        await until(pilot, lambda: "No file chosen" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "readers") == "Choose who may read it.")
        assert error_at(pilot, "document") == "Choose a file and upload it."
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await fill(pilot, kind="draft_plan", title="Draft of March")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Ada Senco · SEN Co-ordinator" in screen_text(pilot.app.screen)
        assert not cases.read_case(officer, case.id).published
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await pilot.press("4")
        await until(
            pilot, lambda: "Draft of March (Draft EHC plan)" in screen_text(pilot.app.screen)
        )
        assert "for Ada Senco" in screen_text(pilot.app.screen)
        case = cases.read_case(officer, case.id)
        await choose(pilot, f"#do-save-{case.published[0].id}")
        await on_screen(pilot, "SaveDocument")
    [published] = ok(me.get(f"/v1/people/{case.person.id}/progress")).json()["published"]
    assert published["title"] == "Draft of March"
    assert published["document"]["name"] == "draft.pdf"


async def test_case_names_documents_in_which_a_virus_was_found(
    portal: AppFactory, me: Someone, officer: Someone, services: Services, case: CaseOut
) -> None:
    cases.publish(officer, case.person.id, case.id, me)
    with services.transaction() as tx:
        document = tx.session.exec(select(Document)).one()
        document.scan = ScanState.INFECTED
        tx.session.add(document)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("4")
        held = "✗ plan.pdf · held: a virus was found. Nobody can open it."
        await until(pilot, lambda: held in screen_text(pilot.app.screen))


async def test_draft_during_an_assessment_is_published_after_a_warning(
    portal: AppFactory, me: Someone, officer: Someone, case: CaseOut, tmp_path: Path
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    file = tmp_path / "draft.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/publish", "No file chosen")
        await upload(pilot, file)
        await fill(pilot, kind="draft_plan")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "ctrl+s")
        for answers in (["enter"], ["tab", "enter"]):
            await wait_for_text(pilot, "Publish it to them?")
            await pilot.press("tab", "enter")
            await wait_for_text(pilot, "Publish a draft plan now?")
            await pilot.press(*answers)
            if answers == ["enter"]:
                await on_screen(pilot, "PublishDocument")
                assert not cases.read_case(officer, case.id).published
                await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(cases.read_case(officer, case.id).published))


@pytest.mark.parametrize("link", ["publish", "event-representations_recorded"])
async def test_uploaded_file_does_not_stay_when_its_dialog_is_left(
    portal: AppFactory,
    officer: Someone,
    services: Services,
    case: CaseOut,
    tmp_path: Path,
    link: str,
) -> None:
    file = tmp_path / "views.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, f"#do-{link}")
        await wait_for_text(pilot, "No file chosen")
        await upload(pilot, file)
        assert len(rows(services, Document)) == 1
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: not rows(services, Document))


async def upload(pilot: Pilot[None], file: Path) -> None:
    """Choose a file and upload it."""
    row = pilot.app.screen.query_one(UploadRow)
    row.choose(file)
    row.start_upload()
    await until(pilot, lambda: row.document is not None)


async def test_draft_and_final_plan_take_their_document_with_them(
    portal: AppFactory,
    snapshots: Snapshots,
    services: Services,
    me: Someone,
    someone: Factory,
    officer: Someone,
    case: CaseOut,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    for kind in (EventKind.DECIDED_TO_ASSESS, EventKind.DECIDED_TO_ISSUE):
        cases.add_event(officer, case, kind)
    cases.keep(officer, case, "draft.pdf", "Draft of March")
    file = tmp_path / "final.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-event-draft_served")
        await on_screen(pilot, "SendPlan")
        await snapshots.match(pilot, "draft", narrow=True)
        [filed] = cases.read_case(officer, case.id).filed
        await fill(pilot, plan=str(filed.document))
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "ctrl+s")
        await wait_for_text(pilot, "“Draft of March” is for officers only.")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Draft plan with the family")
        shown = cases.read_case(officer, case.id)
        assert [(row.name, row.kind) for row in shown.published] == [("draft.pdf", "draft_plan")]
        assert shown.filed == []
        await pilot.press("6")
        await wait_for_text(pilot, "Undo…")
        await choose(pilot, f"#do-undo-{shown.events[-1].id}")
        await on_screen(pilot, "Undo")
        assert "it is withdrawn: everyone who could" in dialog_text(pilot)
        assert "Nobody gets a message" not in dialog_text(pilot)
        await pilot.press("escape", "1")
        views = "may give views until"
        await wait_for_text(pilot, views)
        await choose(pilot, "#do-event-representations_recorded")
        await on_screen(pilot, "AddEvent")
        await snapshots.match(pilot, "views", narrow=True)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason").startswith("Enter what they say, or"))
        await upload(pilot, file)
        await until(pilot, lambda: error_at(pilot, "reason") == "")
        set_text(pilot, "reason", "Section F is not enough.")
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        await wait_for_text(pilot, "Choose another")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "document").startswith("Press Upload"))
        await upload(pilot, file)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        assert "Saved." in [notice.message for notice in pilot.app._notifications]
        await pilot.press("6")
        await wait_for_text(pilot, "What they say: Section F is not enough.")
        await wait_for_text(pilot, "Document: final.pdf, under Documents")
        await pilot.press("4")
        await wait_for_text(pilot, "Views of the family recorded, 02/03/2026")
        await pilot.press("1")
        shown = cases.read_case(officer, case.id)
        born = {"id": str(uuid4()), "reason": "A slip.", "born": "2009-01-20"}
        path = f"/v1/desk/people/{case.person.id}/details"
        ok(officer.put(path, json=born, headers=if_match(shown.person.version)))
        await pilot.press("r")
        await until(pilot, lambda: views not in screen_text(pilot.app.screen))
        await choose(pilot, "#do-event-final_issued")
        await on_screen(pilot, "SendPlan")
        assert "It goes to the young person, the setting" in dialog_text(pilot)
        options = pilot.app.screen.query_one("#field-plan ChoiceList", ChoiceList)._options
        assert [value for _, value in options] == ["none", "upload"]  # not the family's views
        await fill(pilot, plan="upload")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "document") == "Choose a file and upload it.")
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        await wait_for_text(pilot, "Choose another")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "document").startswith("Press Upload"))
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await pilot.press("enter")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "upload")
        await pilot.press("enter")
        await until(pilot, lambda: row.document is not None)
        await until(pilot, lambda: error_at(pilot, "document") == "")
        await until(pilot, lambda: "There is a problem" not in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Nobody is chosen to read the plan")
        await pilot.press("enter")
        await on_screen(pilot, "SendPlan")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space")
        await snapshots.match(pilot, "final", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "The plan is in force from that day")
        assert "The plan is the file final.pdf." in screen_text(pilot.app.screen)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await pilot.press("4")
        final, _ = cases.read_case(officer, case.id).published
        assert (final.name, final.kind, final.readers) == ("final.pdf", "final_plan", ["Ada Senco"])
        allocation = {"account": str(tamsin.id)}
        ok(officer.post(f"/v1/desk/people/{case.person.id}/allocations", json=allocation))
        await wait_for_text(pilot, "Readers…")
        await pilot.press("r")
        await wait_until_idle(pilot)
        await choose(pilot, f"#do-readers-{final.id}")
        await on_screen(pilot, "AddReaders")
        assert [tick.id for tick in pilot.app.screen.query(Tick)] == [f"reader-{tamsin.id}"]
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "readers") == "Choose who may read it.")
        await wait_until_idle(pilot)  # the error takes the focus
        pilot.app.screen.query_one(Tick).focus()
        await pilot.press("space")
        await snapshots.match(pilot, "readers", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "for Ada Senco, Ada Tamsin")
