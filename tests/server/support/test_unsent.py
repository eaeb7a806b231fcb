"""Undeliverable mail is reported to the support desk."""

import asyncio

import pytest
from sqlmodel import select

from server.accounts.tables import Account
from server.app import create_app
from server.core.database import Services
from server.core.outbox import OutboxMail, post_mail
from server.messages.tables import Message
from server.support.unsent import SUBJECT, report_unsent_mail
from shared.accounts import Staff
from tests.emails import emails_to
from tests.parts import Clock, Factory, Someone
from tests.server.relay import Relay, deliver, run_relay, wait_until, with_relay

GONE_EMAIL = "gone@osierbeck.example"
REFUSAL = "550 5.1.1 no such user"


@pytest.fixture
async def relay() -> Relay:
    relay = Relay()
    relay.refused_recipients[GONE_EMAIL] = REFUSAL
    return relay


@pytest.fixture
def support_accounts(someone: Factory) -> list[Someone]:
    """Two support accounts."""
    return [someone(f"desk{n}@leicester.example", staff=Staff.SUPPORT) for n in range(2)]


def list_reports(services: Services) -> list[Message]:
    with services.transaction() as tx:
        return list(tx.session.exec(select(Message).where(Message.subject == SUBJECT)))


def queue_mail(services: Services) -> None:
    with services.transaction() as tx:
        post_mail(tx, to=GONE_EMAIL, subject="About Ivo Larkspur", body="Ivo Larkspur's advice")


def mark_all_read(services: Services) -> None:
    with services.transaction() as tx:
        for message in tx.session.exec(select(Message)):
            message.read_at = tx.now
            tx.session.add(message)


async def test_each_support_account_gets_one_anonymous_message(
    services: Services, relay: Relay, support_accounts: list[Someone], me: Someone, officer: Someone
) -> None:
    queue_mail(services)
    async with run_relay(relay) as port:
        await deliver(with_relay(services, port), report_unsent_mail)
    messages = list_reports(services)
    assert {message.account_id for message in messages} == {
        account.id for account in support_accounts
    }
    assert len(messages) == len(support_accounts)
    for message in messages:
        assert not any(
            word in message.subject + message.body for word in ("Ivo", GONE_EMAIL, "advice")
        )
        assert message.place == "support/mails"
    assert len(emails_to(services, support_accounts[0].email)) == 1


async def test_disabled_support_account_gets_no_message(
    services: Services, relay: Relay, support_accounts: list[Someone]
) -> None:
    with services.transaction() as tx:
        account = tx.session.get_one(Account, support_accounts[0].id)
        account.disabled_at = tx.now
        tx.session.add(account)
    queue_mail(services)
    async with run_relay(relay) as port:
        await deliver(with_relay(services, port), report_unsent_mail)
    assert [message.account_id for message in list_reports(services)] == [support_accounts[1].id]


async def test_one_unread_message_covers_all_mail_given_up(
    services: Services, relay: Relay, support_accounts: list[Someone]
) -> None:
    for _ in range(5):
        queue_mail(services)
    async with run_relay(relay) as port:
        await deliver(with_relay(services, port), report_unsent_mail)
        assert len(list_reports(services)) == len(support_accounts)
        mark_all_read(services)
        queue_mail(services)
        await deliver(with_relay(services, port), report_unsent_mail)
    assert len(list_reports(services)) == 2 * len(support_accounts)


async def test_failed_report_is_not_reported(
    services: Services, relay: Relay, support_accounts: list[Someone], clock: Clock
) -> None:
    relay.refused_recipients |= {account.email: "451 later" for account in support_accounts}
    queue_mail(services)
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        assert await deliver(outgoing, report_unsent_mail) == 1 + len(support_accounts)
        mark_all_read(services)
        relay.refused_recipients |= {account.email: REFUSAL for account in support_accounts}
        clock.move(minutes=1)
        assert await deliver(outgoing, report_unsent_mail) == len(support_accounts)
        clock.move(days=2)
        assert await deliver(outgoing, report_unsent_mail) == 0
    assert len(list_reports(services)) == len(support_accounts)
    with services.transaction() as tx:
        emails = tx.session.exec(select(OutboxMail)).all()
    assert len(emails) == 1 + len(support_accounts)
    assert all(mail.given_up_at for mail in emails)


async def test_running_server_sends_mail_and_reports_failures(
    services: Services, relay: Relay, support_accounts: list[Someone]
) -> None:
    async with run_relay(relay) as port:
        app = create_app(with_relay(services, port))
        async with app.router.lifespan_context(app), asyncio.timeout(60):
            queue_mail(services)
            await wait_until(lambda: len(relay.accepted) == len(support_accounts))
    assert len(list_reports(services)) == len(support_accounts)
