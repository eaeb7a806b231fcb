"""The support desk, by keyboard, and its snapshots."""

import pytest
from sqlmodel import select
from textual.pilot import Pilot

from server.accounts.tables import Account, IdentityCheck
from server.core import throttle
from server.core.database import Services
from server.core.outbox import OutboxMail, post_mail
from server.core.throttle import Operation
from shared.accounts import SecondStep, Staff
from tests.parts import Factory, Someone
from tests.server.steps import add_child, rows, upload
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until


@pytest.fixture
def support(someone: Factory) -> Someone:
    return someone("support@leicester.example", staff=Staff.SUPPORT)


@pytest.fixture
def unsent_email(services: Services) -> None:
    with services.transaction() as tx:
        post_mail(tx, to="a@osierbeck.example", subject="You have a message", body="…")
    with services.transaction() as tx:
        mail = tx.session.exec(select(OutboxMail)).one()
        mail.attempts, mail.given_up_at = 4, tx.now
        tx.session.add(mail)


async def open_desk(pilot: Pilot[None]) -> None:
    """Open the support desk from Home and search for the professional."""
    await on_screen(pilot, "Home")
    await pilot.press("g", "s")
    await on_screen(pilot, "SupportDesk")
    await pilot.press(*"senco", "enter")
    await until(pilot, lambda: "1 found" in screen_text(pilot.app.screen))


async def open_account(pilot: Pilot[None]) -> None:
    await open_desk(pilot)
    await pilot.press("enter")
    await on_screen(pilot, "SupportAccount")
    await until(pilot, lambda: "Codes by email" in screen_text(pilot.app.screen))


async def open_unsent_emails(pilot: Pilot[None]) -> None:
    await go_to(pilot, "support/mails", "then stopped")


async def test_second_step_is_reset_after_identity_check_and_confirmation(
    portal: AppFactory, support: Someone, me: Someone, services: Services
) -> None:
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_account(pilot)
        pilot.app.screen.query_one("#reset").focus()
        await pilot.press("enter")
        await until(
            pilot, lambda: "Say how you checked their identity" in screen_text(pilot.app.screen)
        )
        await pilot.press(*"called them back", "tab", "enter")
        await until(pilot, lambda: "Switch the second step off?" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Two step verification is off" in screen_text(pilot.app.screen))
        text = screen_text(pilot.app.screen)
        assert "Second step reset by Ada Support" in text
        assert "    called them back" in text
        assert "Osierbeck Academy · SEN Co-ordinator · 0116 496 0102" in text
    assert [check.how for check in rows(services, IdentityCheck)] == ["called them back"]
    with services.transaction() as tx:
        assert tx.session.get_one(Account, me.id).second_step == SecondStep.NONE


async def test_account_is_disabled_after_confirmation_and_enabled_again(
    portal: AppFactory, support: Someone, me: Someone, services: Services
) -> None:
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_account(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Disable this account?" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SupportAccount")
        with services.transaction() as tx:
            assert tx.session.get_one(Account, me.id).disabled_at is None
        await pilot.press("enter")
        await until(pilot, lambda: "Disable this account?" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Enable the account" in screen_text(pilot.app.screen))
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "enable")
        await pilot.press("enter")
        await until(pilot, lambda: "Disable the account" in screen_text(pilot.app.screen))


async def test_locked_account_can_be_unlocked(
    portal: AppFactory, support: Someone, me: Someone, services: Services
) -> None:
    with services.transaction() as tx:
        for _ in range(9):
            throttle.record_failure(tx, Operation.SIGN_IN, me.email)
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_account(pilot)
        assert "! Locked for a while after failed tries." in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "Locked" not in screen_text(pilot.app.screen))
        assert "Unlock" not in screen_text(pilot.app.screen)
        assert getattr(pilot.app.focused, "id", "") == "end"


async def test_failed_mail_can_be_retried(
    portal: AppFactory, support: Someone, unsent_email: None, services: Services
) -> None:
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_unsent_emails(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "then stopped" not in screen_text(pilot.app.screen))
    assert [mail.given_up_at for mail in rows(services, OutboxMail)] == [None]


async def test_support_sees_whether_documents_are_scanned(
    portal: AppFactory, support: Someone, me: Someone
) -> None:
    upload(me, add_child(me))
    async with portal(support).run_test(size=(80, 24)) as pilot:
        await open_desk(pilot)
        text = "Antivirus: none. Documents that were not scanned can be opened."
        await until(pilot, lambda: text in screen_text(pilot.app.screen))
        flat_text = " ".join(screen_text(pilot.app.screen).split())
        assert "Not scanned: 1. Held because of a virus: 0." in flat_text


SCREENS = {"desk": open_desk, "account": open_account, "mails": open_unsent_emails}


@pytest.mark.parametrize("name", SCREENS)
async def test_screens_match_snapshots(
    portal: AppFactory,
    support: Someone,
    me: Someone,
    unsent_email: None,
    snapshots: Snapshots,
    name: str,
) -> None:
    async with portal(support).run_test(size=SMALL) as pilot:
        await SCREENS[name](pilot)
        await snapshots.match(pilot, narrow=True)
