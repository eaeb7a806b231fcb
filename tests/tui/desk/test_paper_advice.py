"""Advice by post on the officer's desk: asked for, received on paper, and taken back."""

from datetime import date
from pathlib import Path

import pytest

from server.core.database import Services
from server.forms.tables import AdviceRequest, PaperAdvice
from shared.cases.events import EventKind
from shared.desk import AdviceState, CaseOut
from tests.parts import TODAY, Someone
from tests.pdfs import PDF
from tests.server.steps import rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until, wait_for_text
from tui.documents.upload_row import UploadRow


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


async def test_advice_received_on_paper_is_recorded_with_its_document_and_taken_back(
    portal: AppFactory,
    officer: Someone,
    me: Someone,
    case: CaseOut,
    services: Services,
    tmp_path: Path,
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    [advice] = cases.read_case(officer, case.id).advice
    file = tmp_path / "letter.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "1 asked for · 1 awaited")
        await pilot.press("p")
        await on_screen(pilot, "ReceiveOnPaper")
        assert "Ada Senco gets a message" in dialog_text(pilot)
        await fill(pilot, received_on="3/3/2031", given_by="Mr Wren")
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Press Upload" in error_at(pilot, "document"))
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "today or in the past" in error_at(pilot, "received_on"))
        await fill(pilot, received_on="2/3/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "1 asked for · 1 received")
        text = screen_text(pilot.app.screen)
        assert "Received on paper · asked for 02/03/2026" in text
        assert "Received on paper from Mr Wren 02/03/2026" in text
        assert "View details" not in text
        document = cases.read_case(officer, case.id).filed[0].document
        await choose(pilot, f"#do-save-{document}")
        await on_screen(pilot, "SaveDocument")
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        [paper] = rows(services, PaperAdvice)
        assert (paper.received_on, paper.document_id) == (date(2026, 3, 2), document)
        await choose(pilot, f"#do-take_paper_back-{advice.id}")
        await on_screen(pilot, "TakePaperBack")
        set_text(pilot, "reason", "Another child.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "1 asked for · 1 awaited")
        await choose(pilot, "#case")
        await wait_for_text(pilot, "What may be done now")
        await pilot.press("6")
        await wait_for_text(
            pilot, "02/03/2026 10:42 · Advice received on paper: Educational Advice"
        )
        assert "On 02/03/2026, from Mr Wren." in screen_text(pilot.app.screen)
    assert [row.state for row in rows(services, AdviceRequest)] == [AdviceState.REQUESTED]


async def test_advice_is_asked_for_by_post_and_its_document_added_later(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services, tmp_path: Path
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    file = tmp_path / "letter.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        await choose(pilot, "#post")
        await on_screen(pilot, "AskByPost")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Enter who" in error_at(pilot, "name"))
        assert error_at(pilot, "form") == "Choose the kind of advice."
        await fill(pilot, name="Dr Fenwick", role="GP, Osier Surgery", form="health-advice")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "AskForAdvice")
        await pilot.press("escape")
        await go_to(pilot, f"cases/{case.id}/advice", "1 asked for · 1 awaited")
        await wait_for_text(pilot, "Dr Fenwick, GP, Osier Surgery")
        text = screen_text(pilot.app.screen)
        due = "due 13/04/2026 · 42 days left"
        assert f"To be asked by post: no letter made yet · {due}" in text
        assert "Ask somebody else…" not in text
        await pilot.press("p")
        await on_screen(pilot, "ReceiveOnPaper")
        assert "nobody gets a message" in dialog_text(pilot)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "Received on paper, without its document, 02/03/2026")
        [row] = cases.read_case(officer, case.id).advice
        await choose(pilot, f"#do-add_paper-{row.id}")
        await on_screen(pilot, "AddPaper")
        upload = pilot.app.screen.query_one(UploadRow)
        upload.choose(file)
        upload.start_upload()
        await until(pilot, lambda: upload.document is not None)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "Received on paper 02/03/2026")
        added = "recorded 02/03/2026 10:42 by Ada Priya: Document added: letter.pdf, of the advice"
        assert added in " ".join(screen_text(pilot.app.screen).split())
    [paper] = rows(services, PaperAdvice)
    assert paper.document_id is not None
