"""Mail is recovered after the outbox worker is killed."""

import asyncio
import os
from collections import Counter
from dataclasses import replace

import pytest

from server.app import open_services
from server.core.database import Services
from server.core.mail import ORDINARY_CONNECTIONS, run_outbox_worker
from server.core.outbox import LEASE
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.emails import emails_to
from tests.forked import ForkedProcess
from tests.parts import SECRET, Clock
from tests.server.core.test_mail import RECIPIENT, queue_mail
from tests.server.relay import Relay, deliver, run_relay, wait_until, with_relay

pytestmark = pytest.mark.both_databases

START_SECONDS = 60


def work_outbox() -> None:
    """Send queued mail until the process is killed."""
    asyncio.run(run_outbox_worker(open_services(Settings()), lambda tx, mail: None))


def build_environment(services: Services) -> dict[str, str]:
    settings = services.settings
    return os.environ | {
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_DATA": str(settings.data),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_MAIL_HOST": settings.mail_host,
        "PORTAL_MAIL_PORT": str(settings.mail_port),
        "PORTAL_MAIL_TLS": settings.mail_tls,
    }


async def test_only_emails_being_sent_are_resent_after_a_kill(
    services: Services,
) -> None:
    services = replace(services, clock=utc_now)
    relay = Relay()
    queue_mail(services, *(f"Mail {number}" for number in range(12)))
    relay.should_hold = lambda _: True
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        process = ForkedProcess(env=build_environment(outgoing), work=work_outbox)
        try:
            await wait_until(lambda: len(relay.received) == ORDINARY_CONNECTIONS, START_SECONDS)
        finally:
            process.kill()
        now = utc_now()
        leased = {mail.subject for mail in emails_to(services, RECIPIENT) if mail.next_try_at > now}
        assert leased == {mail["Subject"] for mail in relay.received}
        relay.should_hold = lambda _: False
        assert await deliver(outgoing) == 12 - ORDINARY_CONNECTIONS
        assert await deliver(replace(outgoing, clock=Clock(now + LEASE))) == ORDINARY_CONNECTIONS
    assert all(mail.sent_at for mail in emails_to(services, RECIPIENT))
    ids = Counter(mail["Message-ID"] for mail in relay.received)
    assert sorted(ids.values()) == [1] * (12 - ORDINARY_CONNECTIONS) + [2] * ORDINARY_CONNECTIONS
