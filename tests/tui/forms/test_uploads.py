"""Uploads continue after leaving the form, and end only by Cancel."""

from pathlib import Path
from uuid import UUID

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from tests.mails import code_in, last_mail
from tests.parts import PASSWORD, Clock, Someone
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import Portals
from tests.tui.forms.filling import answers, save, start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.documents.upload_row import UploadRow
from tui.forms.entry_list import EntryList

ENTRY = "e1"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.pdf"
    file.write_bytes(b"%PDF-1.7 " + b"x" * 5000 + b"\n%%EOF")
    return file


@pytest.fixture
def form(me: Someone) -> UUID:
    submission = start(me)
    save(me, submission, documents=[{"id": ENTRY}])
    return submission


async def start_upload(pilot: Pilot[None], form: UUID, report: Path) -> None:
    """Open the documents step of a form, choose a file and start its upload."""
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", "6")
    await until(pilot, lambda: isinstance(pilot.app.focused, EntryList))
    await pilot.press("enter")
    await until(pilot, lambda: bool(pilot.app.screen.query(UploadRow)))
    row = pilot.app.screen.query_one(UploadRow)
    row.choose(report)
    await until(pilot, lambda: "Chosen, not uploaded yet" in screen_text(pilot.app.screen))
    row.start_upload()
    await until(pilot, lambda: "[ Cancel ]" in screen_text(pilot.app.screen))


def is_attached(me: Someone, form: UUID) -> bool:
    entries = answers(me, form)["documents"]
    assert isinstance(entries, list)
    return any(len(str(value)) == 36 for value in entries[0].values())


async def test_upload_continues_while_other_steps_are_shown(
    portal: Portals, me: Someone, form: UUID, report: Path
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
        transport.free.set()
        await until(pilot, lambda: is_attached(me, form))
        await pilot.press("f2", "6")
        await until(pilot, lambda: " report.pdf" in screen_text(app.screen))


async def test_upload_continues_after_leaving_and_home_shows_it(
    portal: Portals, me: Someone, form: UUID, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.home.RECHECK_SECONDS", 0.1)
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: "Uploading report.pdf" in screen_text(app.screen))
        await pilot.press("ctrl+q")
        await on_screen(pilot, "Question")
        assert "A file is still being uploaded." in screen_text(app.screen)
        await pilot.press("escape")
        transport.free.set()
        await until(pilot, lambda: is_attached(me, form))
        await until(pilot, lambda: "Uploading report.pdf" not in screen_text(app.screen))


async def test_upload_resumes_after_signing_in_again(
    portal: Portals, me: Someone, form: UUID, report: Path, clock: Clock, services: Services
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        clock.move(hours=2)
        transport.free.set()
        await until(
            pilot, lambda: "You were signed out. F4 signs in again" in screen_text(app.screen)
        )
        await pilot.press("f4")
        await on_screen(pilot, "SignInAgain")
        await fill(pilot, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: bool(app.screen.query("#field-code")))
        await fill(pilot, code=code_in(last_mail(services, me.email)))
        await choose(pilot, "#verify")
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: "✓ report.pdf" in screen_text(app.screen))
        me.http.headers["Authorization"] = f"Bearer {app.client.token}"
        await until(pilot, lambda: is_attached(me, form))


async def test_cancel_ends_an_upload(
    portal: Portals, me: Someone, form: UUID, report: Path
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "/documents/")
    async with app.run_test(size=(80, 60)) as pilot:
        await start_upload(pilot, form, report)
        app.screen.query_one("UploadRow #cancel").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "The upload was stopped." in screen_text(app.screen))
        transport.free.set()
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Question")
        assert "Chosen, but not uploaded" in screen_text(app.screen)
    assert not is_attached(me, form)
