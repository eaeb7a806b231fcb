"""Taking back publications and access by keyboard, and documents for officers only."""

from pathlib import Path

from server.core.database import Services
from server.documents.tables import Document
from shared.desk import CaseOut
from shared.documents import ScanState
from tests.parts import Factory, Someone
from tests.pdfs import PDF
from tests.server.documents.test_readers import can_open
from tests.server.steps import ok, start
from tests.tui.accounts.filling import choose, error_at, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.app import PortalApp
from tui.documents.upload_row import UploadRow

REASON = "The plan of another child."


def words(app: PortalApp) -> str:
    return " ".join(screen_text(app.screen).split())


async def test_officer_withdraws_a_document_with_a_reason(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    me = someone()
    case = cases.add_case(me, officer)
    cases.publish(officer, case.person.id, case.id, me)
    [row] = cases.read_case(officer, case.id).published
    assert can_open(me, row.document)
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("4")
        await wait_for_text(pilot, "(opened 02/03/2026 10:42)")
        await choose(pilot, f"#do-withdraw-{row.id}")
        await on_screen(pilot, "Withdraw")
        assert "Withdraw Draft EHC plan of Ivo Larkspur-Dunne" in words(app)
        assert "Published to Ada Senco (opened" in words(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        assert can_open(me, row.document)
        set_text(pilot, "reason", REASON)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Withdrawn 02/03/2026")
        assert not app.screen.query(f"#do-withdraw-{row.id}")
    assert not can_open(me, row.document)


async def test_officer_ends_access_after_reading_what_follows(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    me = someone()
    case = cases.add_case(me, officer)
    draft = start(me, case.person.id)
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("5")
        await wait_for_text(pilot, "Why they have access: added the child, own request, own draft")
        await choose(pilot, f"#do-end_access-{me.id}")
        await on_screen(pilot, "EndAccess")
        assert "End Ada Senco's access to Ivo Larkspur-Dunne" in words(app)
        assert "They have 1 unfinished form. It is kept, but they can't open it." in words(app)
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        ok(me.get(f"/v1/submissions/{draft}"))
        await choose(pilot, f"#do-end_access-{me.id}")
        await on_screen(pilot, "EndAccess")
        set_text(pilot, "reason", "Left the school.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "They have 1 unfinished form. It is kept")
    assert me.get(f"/v1/submissions/{draft}").status_code == 404


async def test_officer_keeps_a_document_for_officers_only(
    portal: AppFactory, officer: Someone, case: CaseOut, tmp_path: Path, services: Services
) -> None:
    file = tmp_path / "panel.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("4")
        await choose(pilot, "#do-keep")
        await wait_for_text(pilot, "No file chosen")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "document") == "Choose a file and upload it.")
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Keep it for officers only?")
        assert not cases.read_case(officer, case.id).filed
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "panel.pdf · for officers only")
        [filed] = cases.read_case(officer, case.id).filed
        await choose(pilot, f"#do-save-{filed.document}")
        await on_screen(pilot, "SaveDocument")
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        with services.transaction() as tx:
            tx.session.get_one(Document, filed.document).scan = ScanState.INFECTED
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("4")
        await wait_for_text(pilot, "held: a virus was found")
        assert not pilot.app.screen.query(f"#do-save-{filed.document}")
