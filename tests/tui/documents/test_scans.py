"""The upload row says whether its document was scanned for viruses."""

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from shared.documents import DocumentOut, ScanState
from shared.problems import ProblemCode
from tests.tui.documents.harness import PERSON, STORED_DOCUMENT, Harness, problem_response
from tests.tui.steps import on_screen, screen_text, until, wait_for_text
from tui.documents import upload_row
from tui.documents.upload_row import UploadRow


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_row, "FIRST_POLL_SECONDS", 0.01)
    monkeypatch.setattr(upload_row, "MAX_POLL_SECONDS", 0.02)


def document(scan: ScanState) -> DocumentOut:
    return STORED_DOCUMENT.model_copy(update={"scan": scan})


def reply(scan: ScanState) -> httpx.Response:
    return httpx.Response(200, content=document(scan).model_dump_json())


def visible_buttons(app: Harness) -> list[str]:
    assert app.row
    return [str(action.label) for action in app.row.query(Button) if action.display]


def checking_app(*replies: httpx.Response | Exception) -> Harness:
    """Build an app whose row shows a document that is being checked."""
    app = Harness(UploadRow(PERSON, document=document(ScanState.CHECKING)))
    app.server.replies.extend(replies)
    app.server.released.clear()
    return app


async def check(pilot: Pilot[None], app: Harness) -> None:
    """See the row while its document is being checked, then let the server answer."""
    await wait_for_text(pilot, "◐ report.pdf · PDF document · 34 KB · Being checked")
    assert "You can go on meanwhile." in screen_text(app.screen)
    assert visible_buttons(app) == ["Save a copy", "Remove file"]
    app.server.released.set()


async def test_row_shows_by_itself_that_the_document_is_checked() -> None:
    app = checking_app(
        reply(ScanState.CHECKING),
        httpx.ConnectError("cut"),
        problem_response(503, ProblemCode.UNAVAILABLE, "Not now."),
        reply(ScanState.CLEAN),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await check(pilot, app)
        await wait_for_text(pilot, "✓ report.pdf · PDF document · 34 KB · Checked")
        assert "You can go on" not in screen_text(app.screen)
        await until(pilot, lambda: bool(app.messages))
    assert app.row
    assert app.messages == [UploadRow.Checked(app.row, document(ScanState.CLEAN))]
    assert {request.url.path for request in app.server.requests} == {
        f"/v1/documents/{STORED_DOCUMENT.id}"
    }


async def test_row_shows_by_itself_that_a_virus_was_found() -> None:
    app = checking_app(reply(ScanState.INFECTED))
    async with app.run_test(size=(80, 24)) as pilot:
        await check(pilot, app)
        await wait_for_text(pilot, "✗ report.pdf · PDF document · 34 KB · Held")
        assert "✗ Held: a virus was found. Remove it, then" in screen_text(app.screen)
        assert visible_buttons(app) == ["Remove file"]


async def test_checked_document_is_not_polled() -> None:
    app = Harness(UploadRow(PERSON, document=document(ScanState.CLEAN)))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_text(pilot, "· Checked")
        assert not app.workers
    assert app.server.requests == []


async def test_saving_a_document_that_is_being_checked_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload_row, "FIRST_POLL_SECONDS", 60)
    sentence = "report.pdf is being checked for viruses. Try again in a few minutes."
    app = checking_app(problem_response(409, ProblemCode.BEING_CHECKED, sentence))
    app.server.released.set()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_text(pilot, "Being checked")
        app.screen.query_one("UploadRow #save", Button).press()
        await on_screen(pilot, "SaveDocument")
        app.screen.query_one("#save", Button).press()
        await until(pilot, lambda: sentence in " ".join(screen_text(app.screen).split()))


async def test_polling_stops_when_the_document_is_gone() -> None:
    app = checking_app(
        problem_response(401, ProblemCode.SIGN_IN_REQUIRED, "Sign in."),
        problem_response(404, ProblemCode.NOT_FOUND, "It is not there."),
    )
    app.server.released.set()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.server.requests) == 2)
        await until(pilot, lambda: not app.workers)
    assert len(app.server.requests) == 2
