"""Snapshots of the account screens."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from textual.pilot import Pilot

from shared.accounts import AppSecret, RegistrationOut, SecondStep
from shared.places import read_place
from tests.parts import PASSWORD, TODAY, Factory
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.accounts.activate import Activate
from tui.accounts.recovery_codes import RecoveryCodes
from tui.accounts.resend import Resend
from tui.accounts.set_up_authenticator import QrCode, SetUpAuthenticator
from tui.accounts.sign_in_again import SignInAgain
from tui.app import PortalApp

OpenScreen = Callable[[Pilot[None]], Awaitable[None]]
SECRET = AppSecret(
    secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    uri="otpauth://totp/Portal:senco%40osierbeck.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
)
CODES = [f"{number}k7mp-4rvx" for number in range(10)]


async def wait_until_signed_out(pilot: Pilot[None]) -> PortalApp:
    assert isinstance(pilot.app, PortalApp)
    await until(pilot, lambda: "Welcome to the Leicester" in screen_text(pilot.app.screen))
    return pilot.app


async def stop_countdowns(pilot: Pilot[None]) -> None:
    """Stop the countdown of resend buttons, so that snapshots are stable."""
    for resend in pilot.app.screen.query(Resend):
        resend.available_at = 0
        resend.update_countdown()
    await pilot.pause()


async def open_sign_in(pilot: Pilot[None]) -> None:
    await wait_until_signed_out(pilot)


async def open_sign_in_with_errors(pilot: Pilot[None]) -> None:
    await wait_until_signed_out(pilot)
    await choose(pilot, "#sign-in")
    await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))


async def open_code(pilot: Pilot[None]) -> None:
    await wait_until_signed_out(pilot)
    await fill(pilot, email="senco@osierbeck.example", password=PASSWORD)
    await choose(pilot, "#sign-in")
    await on_screen(pilot, "EnterCode")
    await stop_countdowns(pilot)


async def open_register(pilot: Pilot[None]) -> None:
    (await wait_until_signed_out(pilot)).navigation.open_place(read_place("register"))
    await on_screen(pilot, "Register")


async def open_register_about(pilot: Pilot[None]) -> None:
    await open_register(pilot)
    await choose(pilot, "#to-1")


async def open_register_work(pilot: Pilot[None]) -> None:
    await open_register(pilot)
    await choose(pilot, "#to-2")
    await until(pilot, lambda: "● Work Details" in screen_text(pilot.app.screen))
    await wait_until_idle(pilot)
    pilot.app.screen.query_one("#submit").focus()


async def open_activate(pilot: Pilot[None]) -> None:
    app = await wait_until_signed_out(pilot)
    registration = RegistrationOut(email="new@osierbeck.example", sent_at=TODAY)
    app.push_screen(Activate(UUID(int=1), registration))
    await on_screen(pilot, "Activate")
    await stop_countdowns(pilot)


async def open_forgotten(pilot: Pilot[None]) -> None:
    (await wait_until_signed_out(pilot)).navigation.open_place(read_place("forgotten"))
    await on_screen(pilot, "ForgottenPassword")


async def open_reset(pilot: Pilot[None]) -> None:
    await open_forgotten(pilot)
    await choose(pilot, "#have")


async def open_support(pilot: Pilot[None]) -> None:
    (await wait_until_signed_out(pilot)).navigation.open_place(read_place("help-and-support"))
    await until(pilot, lambda: "drop us an email" in screen_text(pilot.app.screen))


def open_account(section: str, text: str) -> OpenScreen:
    async def open_screen(pilot: Pilot[None]) -> None:
        await go_to(pilot, f"account/{section}", text)

    return open_screen


async def open_edit_work(pilot: Pilot[None]) -> None:
    await go_to(pilot, "account/work-details", "SEN Co-ordinator")
    await choose(pilot, ".edit")
    await on_screen(pilot, "EditWork")


async def open_set_up_app(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "Home")
    pilot.app.push_screen(SetUpAuthenticator(SECRET))
    await on_screen(pilot, "SetUpAuthenticator")


async def open_qr_code(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "Home")
    pilot.app.push_screen(QrCode(SECRET.uri))
    await on_screen(pilot, "QrCode")


async def open_recovery_codes(pilot: Pilot[None]) -> None:
    await open_set_up_app(pilot)
    pilot.app.push_screen(RecoveryCodes(CODES))
    await on_screen(pilot, "RecoveryCodes")


async def open_sign_in_again(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "Home")
    reason = "You are signed out. Sign in again; what you typed is kept."
    pilot.app.push_screen(SignInAgain("senco@osierbeck.example", reason))
    await on_screen(pilot, "SignInAgain")


SIGNED_OUT: dict[str, OpenScreen] = {
    "sign-in": open_sign_in,
    "sign-in-wrong": open_sign_in_with_errors,
    "code": open_code,
    "register-security": open_register,
    "register-about": open_register_about,
    "register-work": open_register_work,
    "activate": open_activate,
    "forgotten": open_forgotten,
    "reset": open_reset,
    "support": open_support,
}
SIGNED_IN: dict[str, OpenScreen] = {
    "about-you": open_account("about-you", "Telephone number"),
    "work-details": open_account("work-details", "SEN Co-ordinator"),
    "edit-work": open_edit_work,
    "two-step": open_account("two-step", "Recovery codes left"),
    "password": open_account("password", "Current password"),
    "email": open_account("email", "New email address"),
    "sessions": open_account("sessions", "(here)"),
    "close": open_account("close", "You have no unfinished forms"),
    "set-up-app": open_set_up_app,
    "qr-code": open_qr_code,
    "recovery-codes": open_recovery_codes,
    "sign-in-again": open_sign_in_again,
}
SCREENS = SIGNED_OUT | SIGNED_IN


@pytest.mark.parametrize("name", SCREENS)
async def test_screens_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, someone: Factory, name: str
) -> None:
    me = someone()
    app, open_screen = (
        (portal(), SIGNED_OUT[name]) if name in SIGNED_OUT else (portal(me), SIGNED_IN[name])
    )
    async with app.run_test(size=SMALL) as pilot:
        await open_screen(pilot)
        await snapshots.match(pilot, narrow=name != "sign-in-wrong")


async def test_two_step_off_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone(two_step=SecondStep.NONE)).run_test(size=SMALL) as pilot:
        await open_account("two-step", "need to enable")(pilot)
        await snapshots.match(pilot)
