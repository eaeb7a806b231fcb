from pathlib import Path

import pytest

from server.core.settings import Settings
from shared.accounts import SecondStep
from tests.parts import Factory, copy_sqlite, settings_for
from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, screen_text, until

IDLE_MINUTES = 2


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    copy_sqlite(sqlite_template, tmp_path)
    return settings_for(tmp_path).model_copy(update={"session_idle_minutes": IDLE_MINUTES})


async def test_idle_session_can_be_kept(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        app.client.last_response_at -= IDLE_MINUTES * 60
        app.session.watch.start(IDLE_MINUTES)
        await on_screen(pilot, "ChoiceDialog")
        assert "Stay signed in" in screen_text(app.screen)
        before = app.client.last_response_at
        await pilot.press("enter")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: app.client.last_response_at > before)
        app.session.watch.start(IDLE_MINUTES)
        await pilot.pause()
        await on_screen(pilot, "Home")


async def test_active_session_shows_no_idle_question(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        app.session.watch.start(IDLE_MINUTES)
        await pilot.pause()
        assert type(app.screen).__name__ == "Home"


async def test_idle_question_can_sign_out(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        app.client.last_response_at -= IDLE_MINUTES * 60
        app.session.watch.start(IDLE_MINUTES)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "SignIn")


async def test_typing_keeps_the_session_active(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        await pilot.press("tab")
        before = app.client.last_response_at
        app.client.last_response_at -= IDLE_MINUTES * 60
        app.session.watch.start(IDLE_MINUTES)
        await until(pilot, lambda: app.client.last_response_at > before)
        assert type(app.screen).__name__ == "Home"
