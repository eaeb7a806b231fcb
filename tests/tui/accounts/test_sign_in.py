from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from server.accounts.tables import KnownDevice
from server.core.database import Services
from shared.accounts import SecondStep
from shared.places import read_place
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Clock, Factory
from tests.server.steps import rows
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import SERVER, AppFactory, MemoryKeyring
from tests.tui.steps import on_screen, screen_text, text_of, until
from tui.accounts.resend import Resend
from tui.core.keychain import SERVICE
from tui.session import TOKEN
from tui.widgets.header import Link

EMAIL = "senco@osierbeck.example"


async def submit_password(pilot: Pilot[None]) -> None:
    """Submit email and password, up to the code screen."""
    await on_screen(pilot, "SignIn")
    await fill(pilot, email=EMAIL, password=PASSWORD)
    await choose(pilot, "#sign-in")
    await on_screen(pilot, "EnterCode")


async def test_sign_in_welcomes_and_links_to_registration(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await until(
            pilot,
            lambda: (
                "Welcome to the Leicester City SEND Professional Portal"
                in screen_text(pilot.app.screen)
            ),
        )
        text = screen_text(pilot.app.screen)
        assert "Professional Portal · Leicester City SEND" in text
        for link in ("Home", "Sign in", "Register", "Forgot your password?"):
            assert link in text
        assert "Don't have an account? Please register" in " ".join(text.split())
        assert (
            "Complete and submit advice for children and young people, with instant access to view "
            "draft or final EHC plans and other related documents."
        ) in " ".join(text.split())
        assert "Your_email_Address@email.com" in text
        for register in ("#register", "Header Link:last-of-type"):
            await choose(pilot, register)
            await on_screen(pilot, "Register")
            await pilot.press("escape")
            await on_screen(pilot, "SignIn")


@pytest.mark.parametrize("place", ["sign-in", "register"])
async def test_email_is_the_first_focus(portal: AppFactory, place: str) -> None:
    app = portal()
    async with app.run_test() as pilot:
        await on_screen(pilot, "SignIn")
        app.navigation.start_at(read_place(place))
        await until(pilot, lambda: bool(app.screen.query("#field-email")))
        await until(pilot, lambda: app.focused is not None)
        assert app.focused is app.screen.query_one("#field-email Input")


async def test_missing_email_is_reported_at_field_and_in_summary(portal: AppFactory) -> None:
    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await choose(pilot, "#sign-in")
        assert error_at(pilot, "email") == "Enter your email address."
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        focused = pilot.app.focused
        assert focused is pilot.app.screen.query_one("#field-email Input")


async def test_password_is_hidden_until_shown(portal: AppFactory) -> None:
    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await fill(pilot, password=PASSWORD)
        assert PASSWORD not in screen_text(pilot.app.screen)
        await pilot.click(".show")
        await until(pilot, lambda: PASSWORD in screen_text(pilot.app.screen))
        assert "Hide" in screen_text(pilot.app.screen)
        pilot.app.screen.query_one("#field-password Input").focus()
        await until(pilot, lambda: "F6 show or hide" in screen_text(pilot.app.screen))
        await pilot.press("f6")
        await until(pilot, lambda: PASSWORD not in screen_text(pilot.app.screen))


@pytest.mark.parametrize("email", [EMAIL, "nobody@osierbeck.example"])
async def test_wrong_password_and_unknown_email_get_the_same_error(
    portal: AppFactory, someone: Factory, email: str
) -> None:
    someone(two_step=SecondStep.NONE)
    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=email, password="four other words here")
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: "incorrect" in error_at(pilot, "password"))
        screen = pilot.app.screen
        assert screen.query_one("#field-email Input", Input).value == email
        assert screen.query_one("#field-password Input", Input).value == "four other words here"


@pytest.mark.parametrize("keys", [["enter", *PASSWORD], [*PASSWORD]], ids=["enter", "typing"])
async def test_password_typed_at_its_error_replaces_the_refused_one(
    portal: AppFactory, someone: Factory, keys: list[str]
) -> None:
    someone(two_step=SecondStep.NONE)
    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=EMAIL, password="osprey")
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await pilot.press(*keys)
        assert pilot.app.screen.query_one("#field-password Input", Input).value == PASSWORD


async def test_sign_in_without_second_step_stores_session_in_keychain(
    portal: AppFactory, someone: Factory, keychain: MemoryKeyring
) -> None:
    someone(two_step=SecondStep.NONE)
    app = portal()
    async with app.run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=EMAIL, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await on_screen(pilot, "Home")
        key = (SERVICE, f"{TOKEN} {SERVER}")
        await until(pilot, lambda: keychain.passwords.get(key) == app.client.token)
        app.session.sign_out()
        await on_screen(pilot, "SignIn")
        await until(pilot, lambda: key not in keychain.passwords)


async def test_email_code_is_required_and_verified(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    someone()
    async with portal().run_test() as pilot:
        await submit_password(pilot)
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "at 10:42" in text
        assert "It may take a few moments to arrive" in text
        valid_code = code_in(last_email(services, EMAIL))
        await fill(pilot, code="000000" if valid_code != "000000" else "111111")
        await choose(pilot, "#verify")
        await until(pilot, lambda: error_at(pilot, "code") != "")
        await fill(pilot, code=valid_code)
        await pilot.press("tab")
        await choose(pilot, "#verify")
        await on_screen(pilot, "Home")


async def test_pasting_replaces_a_rejected_code(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    someone()
    async with portal().run_test() as pilot:
        await submit_password(pilot)
        valid_code = code_in(last_email(services, EMAIL))
        await pilot.press(*("000000" if valid_code != "000000" else "111111"), "enter")
        await until(pilot, lambda: error_at(pilot, "code") != "")
        pilot.app.copy_to_clipboard(valid_code)
        await pilot.press("ctrl+v", "enter")
        await on_screen(pilot, "Home")


async def test_code_can_be_resent_after_thirty_seconds(
    portal: AppFactory, someone: Factory, services: Services, clock: Clock
) -> None:
    someone()
    async with portal().run_test() as pilot:
        await submit_password(pilot)
        assert "You can send it again in" in screen_text(pilot.app.screen)
        resend = pilot.app.screen.query_one(Resend)
        assert resend.query_one("#resend", Button).disabled
        first_code = code_in(last_email(services, EMAIL))
        clock.now += timedelta(minutes=1)
        resend.available_at = 0
        resend.update_countdown()
        await choose(pilot, "#resend")
        await until(pilot, lambda: "at 10:43" in text_of(pilot, "#sent"))
        assert resend.query_one("#resend", Button).disabled
        assert code_in(last_email(services, EMAIL)) != first_code


async def test_signing_in_again_keeps_unsaved_work(
    portal: AppFactory, someone: Factory, clock: Clock
) -> None:
    me = someone(two_step=SecondStep.NONE)
    app = portal(me)
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        app.navigation.open_place(read_place("account"))
        await until(pilot, lambda: bool(app.screen.query("#field-phone")))
        await fill(pilot, phone="0116 496 0777")
        clock.move(hours=2)
        await choose(pilot, "#save-about")
        await on_screen(pilot, "SignInAgain")
        assert EMAIL in screen_text(app.screen)
        await fill(pilot, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await on_screen(pilot, "MyAccount")
        assert app.screen.query_one("#field-phone Input", Input).value == "0116 496 0777"
        await choose(pilot, "#save-about")
        await until(
            pilot, lambda: bool(app.session.account and "0777" in app.session.account.about.phone)
        )


async def test_device_is_recognised_when_it_signs_in_again(
    portal: AppFactory, someone: Factory, services: Services, keychain: MemoryKeyring
) -> None:
    someone(email=EMAIL, two_step=SecondStep.EMAIL)
    for _ in range(2):
        async with portal().run_test() as pilot:
            await submit_password(pilot)
            await fill(pilot, code=code_in(last_email(services, EMAIL)))
            await choose(pilot, "#verify")
            await on_screen(pilot, "Home")
        keychain.delete_password(SERVICE, f"{TOKEN} {SERVER}")
    assert len(rows(services, KnownDevice)) == 1
