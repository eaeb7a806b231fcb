"""Publishing a document to a child's professionals."""

from pathlib import Path

from sqlmodel import select

from server.core.database import Services
from server.documents.tables import Document
from shared.desk import CaseOut
from shared.documents import ScanState
from tests.parts import Factory, Someone
from tests.pdfs import PDF
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.documents.upload_row import UploadRow


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
