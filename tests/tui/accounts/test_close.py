"""Closing one's own account, under My Account."""

from datetime import timedelta

from sqlmodel import update
from textual.pilot import Pilot

from server.accounts.tables import Account, StoredSession
from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Factory
from tests.server.steps import rows, start
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.steps import go_to, on_screen, screen_text, until


async def press_close(pilot: Pilot[None]) -> None:
    await choose(pilot, "#close-account")
    await on_screen(pilot, "ChoiceDialog")
    await until(pilot, lambda: "Close your account?" in screen_text(pilot.app.screen))


async def confirm_twice(pilot: Pilot[None]) -> None:
    await press_close(pilot)
    await choose(pilot, "#close")
    await until(pilot, lambda: "Are you sure?" in screen_text(pilot.app.screen))
    await choose(pilot, "#close")


def is_closed(services: Services) -> bool:
    [account] = rows(services, Account)
    return account.disabled_at is not None


async def test_account_is_closed_after_asking_twice(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    async with portal(me).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "account/close", "You have no unfinished forms")
        await press_close(pilot)
        await choose(pilot, "#keep")
        await on_screen(pilot, "MyAccount")
        await press_close(pilot)
        await choose(pilot, "#close")
        await until(pilot, lambda: "Are you sure?" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "MyAccount")
        assert not is_closed(services)
        await confirm_twice(pilot)
        await on_screen(pilot, "SignIn")
        assert is_closed(services)
    assert me.get("/v1/account").status_code == 401


async def test_closed_account_is_left_without_asking_about_input(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone())
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "account/about-you", "Telephone number")
        await fill(pilot, phone="0116 496 0777")
        await choose(pilot, "#to-close")
        await until(pilot, lambda: "You have no unfinished forms" in screen_text(app.screen))
        await confirm_twice(pilot)
        await on_screen(pilot, "SignIn")
        assert app.session.account is None


async def test_unfinished_forms_are_listed_without_children(
    portal: AppFactory, someone: Factory
) -> None:
    me = someone()
    start(me)
    async with portal(me).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "account/close", "hand over these")
        text = screen_text(pilot.app.screen)
        assert "02/03/2026" in text
        assert "Larkspur" not in text
        await press_close(pilot)
        assert "02/03/2026" in screen_text(pilot.app.screen)


async def test_closing_needs_a_fresh_sign_in(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    async with portal(someone()).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "account/close", "You have no unfinished forms")
        with services.transaction() as tx:
            long_ago = tx.now - timedelta(minutes=11)
            tx.session.exec(update(StoredSession).values(proved_at=long_ago))
        await confirm_twice(pilot)
        await on_screen(pilot, "SignInAgain")
        assert not is_closed(services)


async def test_staff_cannot_close_their_account(portal: AppFactory, someone: Factory) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, "account/close", "You can't close a staff account yourself")
        assert not pilot.app.screen.query("#close-account")
