"""The upload row: choosing, uploading, cancelling, retrying and removing."""

from pathlib import Path
from threading import Event

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from shared.problems import ProblemCode
from tests.tui.documents.harness import (
    PERSON,
    STORED_DOCUMENT,
    Harness,
    ScriptedServer,
    problem_response,
)
from tests.tui.steps import on_screen, until, wait_for_text
from tui.documents import upload
from tui.documents.folder import check_file
from tui.documents.picker import FileList, PickFiles
from tui.documents.upload import Upload
from tui.documents.upload_row import UploadRow

TEN_MIB = 10 * 1024 * 1024
CONTENT = b"%PDF-1.7 " * 30_000


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.pdf"
    file.write_bytes(CONTENT)
    return file


def delete(file: Path) -> None:
    file.unlink()


def visible_buttons(app: Harness) -> list[str]:
    """Return the labels of the row's visible buttons."""
    assert app.row
    return [str(action.label) for action in app.row.query(Button) if action.display]


async def press_button(pilot: Pilot[None], name: str) -> None:
    """Press a button of the row by keyboard."""
    pilot.app.screen.query_one(f"UploadRow #{name}", Button).focus()
    await pilot.press("enter")


async def test_file_is_chosen_and_uploaded(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON, name="file"))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_text(pilot, "No file chosen")
        assert (visible_buttons(app), bool(row.chosen_file)) == (["[ Choose file ]"], False)
        row.choose(report)
        await wait_for_text(pilot, "report.pdf · 264 KB")
        await wait_for_text(pilot, "Chosen, not uploaded yet.")
        assert visible_buttons(app) == ["[ Upload ]", "Choose another"]
        assert bool(row.chosen_file)
        assert app.server.requests == []
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "✓ report.pdf · PDF document · 264 KB")
        assert visible_buttons(app) == ["Save a copy", "Remove file"]
    (request,) = app.server.requests
    assert row.document
    assert request.method == "PUT"
    assert request.url.path == f"/v1/people/{PERSON}/documents/{row.document.id}"
    assert request.url.params["name"] == "report.pdf"
    assert request.content == CONTENT
    assert app.messages == [UploadRow.Uploaded(row, row.document)]
    assert (row.name, bool(row.chosen_file)) == ("file", False)


async def test_progress_is_shown_and_cancel_keeps_the_file(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON))
    app.server.released.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(report)
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "[####################] 100% · the portal checks the file")
        assert visible_buttons(app) == ["Cancel"]
        assert bool(row.chosen_file)
        await pilot.press("enter")  # The focus has moved to Cancel.
        await wait_for_text(pilot, "The upload was stopped.")
        assert visible_buttons(app) == ["[ Upload ]", "Choose another"]
        app.server.released.set()
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "✓ report.pdf")
    first, second = app.server.requests
    assert first.url == second.url
    assert len(app.messages) == 1


async def test_hanging_disk_does_not_block_the_app(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def slow_check(file: Path) -> tuple[int, str | None]:
        assert released.wait(10)
        return check_file(file)

    monkeypatch.setattr(upload, "check_file", slow_check)
    app = Harness(row := UploadRow(PERSON))
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(report)
        await wait_for_text(pilot, "Looking at the file…")
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "Cancel")
        await pilot.press("enter")
        await wait_for_text(pilot, "The upload was stopped.")
        released.set()
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "✓ report.pdf")


async def test_rejected_upload_is_retried_under_the_same_id(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON))
    app.server.replies.append(problem_response(415, ProblemCode.WRONG_TYPE, "It is no PDF."))
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "✗ It is no PDF.")
        assert visible_buttons(app) == ["[ Try again ]", "Choose another"]
        assert bool(row.chosen_file)
        assert not app.messages and not app.errors
        await press_button(pilot, "retry")
        await wait_for_text(pilot, "✓ report.pdf")
    first, second = app.server.requests
    assert first.url == second.url


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ConnectError("no"),
        httpx.ReadError("lost"),
        httpx.Response(502),
        problem_response(503, ProblemCode.UNAVAILABLE, "Not now."),
    ],
)
async def test_unanswered_upload_is_retried_automatically(
    report: Path, reply: httpx.Response | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "RETRY_SECONDS", 0.2)
    app = Harness(row := UploadRow(PERSON))
    app.server.replies.append(reply)
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "The upload starts again by itself.")
        assert visible_buttons(app) == ["Cancel"]
        await wait_for_text(pilot, "✓ report.pdf")
    first, second = app.server.requests
    assert first.url == second.url


async def test_new_file_gets_a_new_document_id(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON))
    app.server.replies.append(problem_response(415, ProblemCode.WRONG_TYPE, "It is no PDF."))
    async with app.run_test() as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "✗")
        row.choose(report.with_name("report.pdf"))
        row.start_upload()
        await wait_for_text(pilot, "✓ report.pdf")
    first, second = app.server.requests
    assert first.url.path != second.url.path


async def test_choosing_another_file_cancels_the_upload(report: Path) -> None:
    other_file = report.with_name("other.png")
    other_file.write_bytes(b"png")
    app = Harness(row := UploadRow(PERSON))
    app.server.released.clear()
    async with app.run_test() as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "100%")
        row.choose(other_file)
        app.server.released.set()
        await wait_for_text(pilot, "other.png · 3 bytes")
        await wait_for_text(pilot, "Chosen, not uploaded yet.")
        assert app.messages == []


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("report.exe", 9, "report.exe must be a .doc, .docx, .pdf"),
        ("report.pdf", 0, "report.pdf is empty."),
        ("report.pdf", TEN_MIB + 1, "report.pdf is 10.0 MB. It must be 10 MB or smaller."),
        ("gone.pdf", -1, "gone.pdf can't be read: it isn't there. Choose another file."),
    ],
)
async def test_unsuitable_file_is_not_sent(
    tmp_path: Path, name: str, size: int, reason: str
) -> None:
    if size >= 0:
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    app = Harness(row := UploadRow(PERSON))
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(tmp_path / name)
        await wait_for_text(pilot, reason)
        assert visible_buttons(app) == ["[ Try again ]", "Choose another"]
        await press_button(pilot, "retry")
        await wait_for_text(pilot, reason)
        (tmp_path / "report.pdf").write_bytes(b"%PDF")
    assert app.server.requests == []


async def test_file_missing_after_choosing_is_reported(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON))
    async with app.run_test(size=(80, 24)) as pilot:
        row.choose(report)
        delete(report)
        await press_button(pilot, "upload")
        await wait_for_text(pilot, "✗ report.pdf can't be read: it isn't there.")
        assert bool(row.chosen_file)


async def test_upload_resumes_after_signing_in_again(
    report: Path,
) -> None:
    app = Harness(row := UploadRow(PERSON))
    app.server.replies.append(problem_response(401, ProblemCode.SIGN_IN_REQUIRED, "Sign in again."))
    async with app.run_test() as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "The upload goes on once you have signed in again.")
        assert [str(error) for error in app.errors] == ["Sign in again."]
        assert row.upload
        row.upload.retry_now()
        await wait_for_text(pilot, "✓ report.pdf")


@pytest.mark.parametrize(
    "reply",
    [
        None,
        problem_response(409, ProblemCode.IN_USE, "It was submitted."),
        problem_response(404, ProblemCode.NOT_FOUND, "Not there."),
    ],
)
async def test_file_is_removed_after_confirmation(reply: httpx.Response | None) -> None:
    app = Harness(row := UploadRow(PERSON, document=STORED_DOCUMENT))
    if reply:
        app.server.replies.append(reply)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_text(pilot, "✓ report.pdf · PDF document · 34 KB")
        await press_button(pilot, "remove")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await wait_for_text(pilot, "✓ report.pdf")
        assert app.server.requests == []
        await press_button(pilot, "remove")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "No file chosen")
        assert app.focused is row.query_one("#choose")
    (request,) = app.server.requests
    assert (request.method, request.url.path) == ("DELETE", f"/v1/documents/{STORED_DOCUMENT.id}")
    assert app.messages == [UploadRow.Removed(row)]


async def test_file_stays_when_removal_fails() -> None:
    app = Harness(row := UploadRow(PERSON, document=STORED_DOCUMENT))
    app.server.replies.append(problem_response(500, ProblemCode.INTERNAL, "Something broke."))
    async with app.run_test(size=(80, 24)) as pilot:
        await press_button(pilot, "remove")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "✗ The file is still attached. Something broke.")
        assert (row.document, app.messages) == (STORED_DOCUMENT, [])


class AgreedOwner:
    """An owner whose user has agreed to the upload terms."""

    has_agreed = True

    def agree(self) -> None:
        """Do nothing: every upload starts at once."""

    def add_upload(self, upload: Upload) -> None:
        upload.start()


async def test_row_of_a_form_passes_on_all_but_the_first_of_several_picked_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(b"%PDF")
    monkeypatch.setattr(PickFiles, "last_folder", tmp_path)
    app = Harness(row := UploadRow(PERSON, owner=AgreedOwner()))
    async with app.run_test(size=(80, 24)) as pilot:
        await press_button(pilot, "choose")
        await wait_for_text(pilot, "c.pdf")
        assert isinstance(app.focused, FileList)
        for name in ("a", "b", "c"):
            await pilot.press("space", "down")
            await wait_for_text(pilot, f"✓ {name}.pdf")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "✓ a.pdf · PDF document")
        assert UploadRow.FilesChosen(row, [tmp_path / "b.pdf", tmp_path / "c.pdf"]) in app.messages
        await press_button(pilot, "save")
        await on_screen(pilot, "SaveDocument")


async def test_row_can_be_removed_during_an_upload(report: Path) -> None:
    app = Harness(row := UploadRow(PERSON), server=ScriptedServer())
    app.server.released.clear()
    async with app.run_test() as pilot:
        row.choose(report)
        row.start_upload()
        await wait_for_text(pilot, "100%")
        await row.remove()
        app.server.released.set()
        await until(pilot, lambda: not list(app.workers))
    assert app.messages == []


@pytest.mark.parametrize("reply", [None, httpx.ConnectError("down")], ids=["removed", "down"])
async def test_file_that_was_stored_goes_with_its_row(
    report: Path, reply: httpx.ConnectError | None
) -> None:
    app = Harness(row := UploadRow(PERSON))
    async with app.run_test() as pilot:
        row.choose(report)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        document = row.document
        app.server.replies = [reply] * 9 if reply else []
        await row.remove()
        await until(pilot, lambda: not list(app.workers))
    assert document is not None
    last = app.server.requests[-1]
    assert (last.method, last.url.path) == ("DELETE", f"/v1/documents/{document.id}")
    assert app.errors == []


async def test_file_of_a_form_stays_when_its_row_goes() -> None:
    app = Harness(row := UploadRow(PERSON, document=STORED_DOCUMENT, owner=AgreedOwner()))
    async with app.run_test() as pilot:
        await row.remove()
        await until(pilot, lambda: not list(app.workers))
    assert app.server.requests == []
