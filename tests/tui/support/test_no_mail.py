"""No screen promises an email on a portal that sends none."""

import pytest

from server.core.settings import Settings
from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.steps import go_to, on_screen, screen_text, until
from tests.tui.support.test_support_desk import open_account


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of a portal without a relay."""
    return settings.model_copy(update={"mail": "none"})


async def test_sign_in_form_names_the_contact(portal: AppFactory, settings: Settings) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        await until(pilot, lambda: "sends no email" in screen_text(pilot.app.screen))
        assert settings.contact_email in screen_text(pilot.app.screen)


async def test_support_is_not_promised_an_email(
    portal: AppFactory, someone: Factory, me: Someone
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_account(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Disable this account?" in screen_text(pilot.app.screen))
        text = screen_text(pilot.app.screen)
        assert "let the owner know" in " ".join(text.split())
        assert "gets an email" not in text
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "support/mails", "This portal sends no email")
