"""Saving a copy of a form from View details, the confirmation and a draft's summary."""

from pathlib import Path
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from shared.forms.receipts import extract_receipt
from tests.parts import Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.flaky_transport import FlakyTransport
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until
from tui.forms.texts import NO_COPY_YET


@pytest.fixture
def submission(me: Someone) -> UUID:
    """A request with the answers required to submit."""
    submission = start(me)
    save(me, submission, **required_answers(me), cognition="Slow to start.")
    return submission


async def save_copy(pilot: Pilot[None], folder: Path, label: str) -> Path:
    """Save with a button in the open dialog, and return the saved file."""
    await on_screen(pilot, "SaveCopy")
    await until(pilot, lambda: "Close" in screen_text(pilot.app.screen))
    pilot.app.screen.query_one(Input).value = str(folder)
    [button] = [button for button in pilot.app.screen.query(Button) if label in str(button.label)]
    button.focus()
    await pilot.press("enter")
    await until(pilot, lambda: "✓ Saved as" in text_of(pilot, "#saved"))
    return Path(text_of(pilot, "#saved").removeprefix("✓ Saved as "))


async def test_view_details_saves_the_shown_version(
    portal: AppFactory, me: Someone, submission: UUID, tmp_path: Path
) -> None:
    submit(me, submission)
    save(me, submission, cognition="Quick once shown.")
    submit(me, submission)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        await pilot.press("ctrl+s")
        newest = await save_copy(pilot, tmp_path, "Save as text")
        assert "Quick once shown." in newest.read_text()
        await pilot.press("enter")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "▸ Version 1" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        first = await save_copy(pilot, tmp_path, "Save as text")
        assert "Slow to start." in first.read_text()
        await pilot.press("enter", "ctrl+s")
        pdf = await save_copy(pilot, tmp_path, "Save as PDF")
    assert pdf.parent == tmp_path
    receipt = extract_receipt(pdf.read_bytes())
    assert receipt.version == extract_receipt(first.read_bytes()).version == 1
    assert pdf.name == f"portal-{receipt.reference}-version-1.pdf"
    assert newest.name == f"portal-{receipt.reference}-version-2.txt"


async def test_confirmation_saves_submitted_version_without_overwriting(
    portal: AppFactory, me: Someone, submission: UUID, tmp_path: Path
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await choose(pilot, "#submit")
        await until(pilot, lambda: "Submit anyway" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        await on_screen(pilot, "FormSubmitted")
        await pilot.press("tab", "enter")
        first = await save_copy(pilot, tmp_path, "Save as text")
        content = first.read_bytes()
        await pilot.press("enter")
        await on_screen(pilot, "FormSubmitted")
        await pilot.press("ctrl+s")
        second = await save_copy(pilot, tmp_path, "Save as text")
        assert second.name == f"{first.stem} (2).txt"
        assert first.read_bytes() == second.read_bytes() == content
    assert extract_receipt(content).version == 1


async def test_draft_summary_saves_copy_with_latest_input(
    portal: AppFactory, me: Someone, submission: UUID, tmp_path: Path
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        await pilot.press(*"01092023")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await choose(pilot, "#copy")
        file = await save_copy(pilot, tmp_path, "Save as text")
    assert file.name == "portal-draft.txt"
    assert file.read_text().startswith("DRAFT – NOT SUBMITTED")
    assert "Date started at the setting\n01/09/2023" in file.read_text()


async def test_copy_is_not_saved_while_input_is_unsaved(
    portal: AppFactory, me: Someone, submission: UUID
) -> None:
    app = portal(me)
    transport = FlakyTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        transport.refuse_connections = True
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        await pilot.press(*"01092023")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await choose(pilot, "#copy")
        await until(pilot, lambda: any(n.message == NO_COPY_YET for n in app._notifications))
        await on_screen(pilot, "FormEditor")
