"""Custom form, defined by the authority in a YAML file."""

from pathlib import Path
from uuid import UUID

import pytest
from textual.widgets import TextArea

from server.core.database import Services
from server.core.settings import Settings
from shared.accounts import Staff
from tests.parts import Factory
from tests.server.desk.steps import advice_body, create_case_in_assessment
from tests.server.forms.test_catalogue_folder import MUSIC
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.forms.work_cards import WorkCards


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "forms"
    folder.mkdir()
    (folder / "music-advice.yaml").write_text(MUSIC)
    return settings.model_copy(update={"forms": folder})


async def test_custom_form_is_filled_by_keyboard_and_submitted(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me, therapist = someone(), someone("music@leicester.example")
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(therapist, "music-advice")
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    async with portal(therapist).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{advice['submission']}", "Step 1 of 3")
        await pilot.press("enter")
        await until(pilot, lambda: bool(pilot.app.screen.query_one(WorkCards).selected_id))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 2 of 3" in screen_text(pilot.app.screen))
        assert "What the child hears and plays" in screen_text(pilot.app.screen)
        assert isinstance(pilot.app.focused, TextArea)
        await pilot.press(*"Bells")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 3 of 3" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("Tick").focus()
        await pilot.press("space", "tab", "enter")
        await on_screen(pilot, "FormSubmitted")
        assert "Music Therapy Advice" in screen_text(pilot.app.screen)
    assert read_answers(therapist, UUID(advice["submission"]))["music"] == "Bells"
