"""Uploads continue after the form is left, until they complete or are cancelled."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Clock, Someone
from tests.pdfs import make_pdf_of_size
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, required_answers, save, start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until
from tui.documents.upload_row import UploadRow
from tui.forms.entry_list import EntryList
from tui.forms.groups import GroupField

ENTRY = "e1"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.pdf"
    file.write_bytes(make_pdf_of_size(5016))
    return file


@pytest.fixture
def form(me: Someone) -> UUID:
    submission = start(me)
    save(me, submission, documents=[{"id": ENTRY}])
    return submission


async def open_first_document(pilot: Pilot[None]) -> None:
    await pilot.press("f2", "6")
    await until(pilot, lambda: isinstance(pilot.app.focused, EntryList))
    await pilot.press("enter")
    await until(pilot, lambda: bool(pilot.app.screen.query(UploadRow)))


async def start_upload(pilot: Pilot[None], form: UUID, report: Path) -> None:
    """Open the documents step of a form, choose a file and start its upload."""
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await open_first_document(pilot)
    row = pilot.app.screen.query_one(UploadRow)
    row.choose(report)
    await until(pilot, lambda: "Chosen, not uploaded yet" in screen_text(pilot.app.screen))
    pilot.app.screen.query_one("UploadRow #upload").focus()
    await pilot.press("enter")
    await until(pilot, lambda: "Cancel" in screen_text(pilot.app.screen))


def is_attached(me: Someone, form: UUID, index: int = 0) -> bool:
    entries = read_answers(me, form)["documents"]
    assert isinstance(entries, list)
    return len(entries) > index and bool(entries[index].get("file"))


async def test_progress_while_the_form_closes_does_not_end_the_upload(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        editor = app.screen
        [upload] = editor.query_one(GroupField)._state.uploads
        leaving = asyncio.create_task(pilot.press("escape"))
        while not leaving.done() or editor.is_running:
            upload.on_progress()
            upload.on_blocked_changed()
            await asyncio.sleep(0)
        transport.released.set()
        await until(pilot, lambda: is_attached(me, form))


async def test_upload_continues_while_other_steps_are_shown(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 7 of 8" in screen_text(app.screen))
        await pilot.press("f3")
        await until(pilot, lambda: "… uploading     report.pdf" in screen_text(app.screen))
        await pilot.press("f3")
        await until(pilot, lambda: "Step 5 of 8" in screen_text(app.screen))
        transport.released.set()
        await until(pilot, lambda: is_attached(me, form))
        await pilot.press("f2", "6")
        await until(pilot, lambda: " report.pdf" in screen_text(app.screen))


async def test_upload_continues_after_leaving_and_home_shows_it(
    portal: AppFactory, me: Someone, form: UUID, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.home.screen.RECHECK_SECONDS", 0.1)
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: "Uploading report.pdf" in screen_text(app.screen))
        await pilot.press("ctrl+q")
        await on_screen(pilot, "ChoiceDialog")
        assert "A file is still being uploaded." in screen_text(app.screen)
        await pilot.press("escape")
        transport.released.set()
        await until(pilot, lambda: is_attached(me, form))
        await until(pilot, lambda: "Uploading report.pdf" not in screen_text(app.screen))


async def test_upload_resumes_after_signing_in_again(
    portal: AppFactory, me: Someone, form: UUID, report: Path, clock: Clock, services: Services
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        clock.move(hours=2)
        transport.released.set()
        await until(
            pilot, lambda: "You were signed out. F4 signs in again" in screen_text(app.screen)
        )
        await pilot.press("f4")
        await on_screen(pilot, "SignInAgain")
        await fill(pilot, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: bool(app.screen.query("#field-code")))
        await fill(pilot, code=code_in(last_email(services, me.email)))
        await choose(pilot, "#verify")
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: "✓ report.pdf" in screen_text(app.screen))
        me.http.headers["Authorization"] = f"Bearer {app.client.token}"
        await until(pilot, lambda: is_attached(me, form))


async def test_cancel_stops_the_upload(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        app.screen.query_one("UploadRow #cancel").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "The upload was stopped." in screen_text(app.screen))
        transport.released.set()
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Chosen, but not uploaded" in dialog_text(pilot)
        assert "viruses" not in dialog_text(pilot)
    assert not is_attached(me, form)


async def choose_file(pilot: Pilot[None], form: UUID, report: Path) -> None:
    """Open the documents step of a form and choose a file, without uploading it."""
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await open_first_document(pilot)
    pilot.app.screen.query_one(UploadRow).choose(report)
    await until(pilot, lambda: "Chosen, not uploaded yet" in screen_text(pilot.app.screen))


@pytest.fixture
def second_file(report: Path) -> Path:
    file = report.with_name("letter.pdf")
    shutil.copy(report, file)
    return file


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    file = tmp_path / "notes.pdf"
    file.write_bytes(b"This is no PDF.")
    return file


async def test_confirming_first_upload_covers_further_files(
    portal: AppFactory, me: Someone, form: UUID, report: Path, second_file: Path
) -> None:
    save(me, form, documents=[{"id": ENTRY}, {"id": "e2"}])
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await choose_file(pilot, form, report)
        assert "confirm this for all files of this step" in screen_text(pilot.app.screen)
        assert not is_attached(me, form)
        pilot.app.screen.query_one("UploadRow #upload").focus()
        await pilot.press("enter")
        await until(pilot, lambda: is_attached(me, form))
        assert "✓ Confirmed" in screen_text(pilot.app.screen)
        pilot.app.screen.query_one(EntryList).focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Document 2" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one(UploadRow).choose(second_file)
        await until(pilot, lambda: is_attached(me, form, 1))


async def test_several_files_are_uploaded_with_one_key_press(
    portal: AppFactory, me: Someone, form: UUID, report: Path, second_file: Path
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await choose_file(pilot, form, report)
        row = pilot.app.screen.query_one(UploadRow)
        row.post_message(UploadRow.FilesChosen(row, [second_file]))
        await until(pilot, lambda: "! not uploaded  letter.pdf" in screen_text(pilot.app.screen))
        row.query_one("#upload").focus()
        await pilot.press("enter")
        await until(pilot, lambda: is_attached(me, form))
        await until(pilot, lambda: is_attached(me, form, 1))


EXITS = {
    "esc": ("escape",),
    "step bar": ("f2", "8"),
    "next": ("ctrl+s",),
    "back": ("f3",),
    "quit": ("ctrl+q",),
    "link": (),
}


async def test_every_exit_warns_about_file_not_uploaded(
    portal: AppFactory, me: Someone, form: UUID, report: Path, subtests: pytest.Subtests
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 60)) as pilot:
        await choose_file(pilot, form, report)
        for exit_name, keys in EXITS.items():
            with subtests.test(exit=exit_name):
                if exit_name == "link":
                    app.screen.query_one("Header Link").focus()
                    await pilot.press("enter")
                await pilot.press(*keys)
                await on_screen(pilot, "ChoiceDialog")
                text = screen_text(app.screen)
                assert "report.pdf: without Upload the form goes without it." in text
                assert "viruses" in text
                await pilot.press("enter")
                await on_screen(pilot, "FormEditor")
                assert "Step 6 of 8" in screen_text(app.screen)
                assert not is_attached(me, form)


async def test_upload_confirmed_on_leaving_attaches_the_file(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 60)) as pilot:
        await choose_file(pilot, form, report)
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: not app.forms.uploading_names())
        await until(pilot, lambda: is_attached(me, form))


async def test_entry_of_discarded_file_is_removed(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 60)) as pilot:
        await choose_file(pilot, form, report)
        app.screen.query_one(".add").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Document 2" in screen_text(app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "tab", "enter")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: "documents" not in read_answers(me, form))


async def test_submit_warns_about_unattached_files_and_omits_them(
    portal: AppFactory, me: Someone, form: UUID, report: Path
) -> None:
    save(me, form, **required_answers(me))
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(app.screen))
        await choose(pilot, "#submit")
        await on_screen(pilot, "ChoiceDialog")
        assert "report.pdf: the form would go without it." in screen_text(app.screen)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Submit anyway" in screen_text(app.screen))
        await pilot.press("tab", "enter")
        await on_screen(pilot, "FormSubmitted")
        transport.released.set()
    assert "documents" not in read_answers(me, form)


async def test_failure_after_leaving_the_form_is_reported(
    portal: AppFactory, me: Someone, form: UUID, text_file: Path
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, text_file)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        transport.released.set()
        await until(pilot, lambda: bool(app._notifications))
        message = next(iter(app._notifications)).message
        assert "notes.pdf is not attached." in message
