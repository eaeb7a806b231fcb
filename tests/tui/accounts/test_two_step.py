import pyotp
from textual.pilot import Pilot

from server.core.database import Services
from shared.accounts import SecondStep
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Clock, Factory
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until

EMAIL = "senco@osierbeck.example"


async def sign_in(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "SignIn")
    await fill(pilot, email=EMAIL, password=PASSWORD)
    await choose(pilot, "#sign-in")
    await on_screen(pilot, "EnterCode")


async def test_enabling_email_codes_signs_out(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await choose(pilot, "#send")
        await until(pilot, lambda: "Preferred method" in screen_text(app.screen))
        assert "need to enable Two Step Verification" in screen_text(app.screen)
        await choose(pilot, "#save-two-step")
        assert error_at(pilot, "method") != ""
        await fill(pilot, method="email")
        await choose(pilot, "#save-two-step")
        await on_screen(pilot, "RecoveryCodes")
        await pilot.press("escape")
        await on_screen(pilot, "RecoveryCodes")
        codes = text_of(pilot, "#codes").split()
        assert len(codes) >= 8
        await choose(pilot, "#kept")
        await sign_in(pilot)
        await fill(pilot, code=code_in(last_email(services, EMAIL)))
        await choose(pilot, "#verify")
        await on_screen(pilot, "Home")
        app.session.sign_out()
        await sign_in(pilot)
        await fill(pilot, code=codes[0])
        await choose(pilot, "#verify")
        await on_screen(pilot, "Home")


async def test_authenticator_app_is_set_up_with_secret_and_code(
    portal: AppFactory, someone: Factory, clock: Clock
) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/two-step", "Preferred method")
        await fill(pilot, method="app")
        await choose(pilot, "#save-two-step")
        await on_screen(pilot, "SetUpAuthenticator")
        totp = pyotp.TOTP(text_of(pilot, "#secret").replace(" ", ""))
        await choose(pilot, "#show-qr")
        await on_screen(pilot, "QrCode")
        lines = screen_text(app.screen).splitlines()
        assert sum("█" in line or "▀" in line for line in lines) <= 24
        assert "▀" not in lines[0] and "█" not in lines[0]
        await pilot.press("escape")
        await on_screen(pilot, "SetUpAuthenticator")
        await fill(pilot, code="12")
        await choose(pilot, "#save")
        await until(pilot, lambda: error_at(pilot, "code") != "")
        await fill(pilot, code=totp.at(clock.now))
        await choose(pilot, "#save")
        await on_screen(pilot, "RecoveryCodes")
        await choose(pilot, "#kept")
        await sign_in(pilot)
        assert "authenticator app" in text_of(pilot, "#sent")
        clock.move(minutes=1)
        await fill(pilot, code=totp.at(clock.now))
        await choose(pilot, "#verify")
        await on_screen(pilot, "Home")


async def test_new_recovery_codes_replace_old_ones(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone())
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/two-step", "Recovery codes left: 0")
        await choose(pilot, "#new-codes")
        await on_screen(pilot, "RecoveryCodes")
        count = len(text_of(pilot, "#codes").split())
        await choose(pilot, "#kept")
        await until(pilot, lambda: f"Recovery codes left: {count}" in screen_text(app.screen))
