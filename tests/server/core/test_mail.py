"""The courier and a real SMTP relay."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from server.core.database import Services
from server.core.keys import Keys
from server.core.mail import RELAY_SECONDS, deliver_due, deliver_for_ever
from server.core.outbox import OutboxMail, post_mail
from tests.mails import mails_to
from tests.parts import Clock

DAY = timedelta(hours=24)
TO = "senco@osierbeck.example"
BODY = "Your code is 123456 – keep it.\n"


class Relay:
    """Takes mails, or says what it is told to say instead."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.says = ""
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.took = asyncio.Event()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        if self.says:
            return self.says
        content = envelope.original_content
        assert content is not None
        self.taken.append(message_from_bytes(content))
        if self.meanwhile:
            await self.meanwhile()
        self.took.set()
        return "250 taken"


@asynccontextmanager
async def listening(relay: Relay, port: int = 0) -> AsyncIterator[int]:
    """Let a relay listen; tells its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(relay, hostname="relay", loop=loop), "127.0.0.1", port
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def relay() -> Relay:
    return Relay()


def relayed(services: Services, port: int) -> Services:
    """Set services to send by the relay of a port."""
    mail = {"mail_host": "127.0.0.1", "mail_port": port, "mail_tls": "none"}
    return replace(services, settings=services.settings.model_copy(update=mail))


def post(services: Services, *subjects: str) -> None:
    for subject in subjects:
        with services.transaction() as tx:
            post_mail(tx, to=TO, subject=subject, body=BODY)


def row(services: Services) -> OutboxMail:
    (only,) = mails_to(services, TO)
    return only


async def test_a_mail_is_delivered_once_and_its_body_dropped(
    services: Services, relay: Relay, clock: Clock
) -> None:
    post(services, "Your verification code")
    assert "123456" not in row(services).body
    async with listening(relay) as port:
        assert await deliver_due(relayed(services, port)) == 1
        clock.move(days=2)
        assert await deliver_due(relayed(services, port)) == 0
    (mail,) = relay.taken
    assert (mail["To"], mail["Subject"]) == (TO, "Your verification code")
    assert mail["From"] == services.settings.mail_from
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == BODY
    assert row(services).body == ""
    assert row(services).sent_at is not None


async def test_a_mail_of_a_transaction_that_failed_is_never_sent(
    services: Services, relay: Relay
) -> None:
    with pytest.raises(ZeroDivisionError), services.transaction() as tx:
        post_mail(tx, to=TO, subject="Never", body=BODY)
        raise ZeroDivisionError
    async with listening(relay) as port:
        assert await deliver_due(relayed(services, port)) == 0


async def test_a_mail_that_the_relay_refuses_is_put_off_longer_each_time_and_sent_once(
    services: Services, relay: Relay, clock: Clock
) -> None:
    post(services, "Refused for now")
    relay.says = "451 come back later"
    async with listening(relay) as port:
        sending = relayed(services, port)
        for attempt, wait in enumerate((15, 30, 60), start=1):
            assert await deliver_due(sending) == 1
            assert row(services).attempts == attempt
            clock.move(seconds=wait - 1)
            assert await deliver_due(sending) == 0
            clock.move(seconds=1)
        assert row(services).body
        relay.says = ""
        assert await deliver_due(sending) == 1
        clock.move(days=2)
        assert await deliver_due(sending) == 0
    assert len(relay.taken) == 1


async def test_a_mail_waits_for_a_relay_that_is_away(
    services: Services, relay: Relay, clock: Clock
) -> None:
    post(services, "For later")
    async with listening(relay) as port:
        pass
    assert await deliver_due(relayed(services, port)) == 1
    assert not relay.taken
    clock.move(seconds=15)
    async with listening(relay, port):
        assert await deliver_due(relayed(services, port)) == 1
    assert [mail["Subject"] for mail in relay.taken] == ["For later"]


async def test_a_mail_is_given_up_after_24_hours_and_told(
    services: Services, relay: Relay, clock: Clock
) -> None:
    post(services, "Too late")
    relay.says = "550 nobody here"
    async with listening(relay) as port:
        sending = relayed(services, port)
        while clock.now < row(services).created_at.replace(tzinfo=clock.now.tzinfo) + DAY:
            assert row(services).given_up_at is None
            assert await deliver_due(sending) == 1
            clock.move(hours=1)
        with capture_logs() as lines:
            assert await deliver_due(sending) == 1
        assert [line["event"] for line in lines][-1] == "mail_given_up"
        assert not any(TO in str(line) for line in lines)
        assert row(services).given_up_at is not None
        relay.says = ""
        clock.move(days=1)
        assert await deliver_due(sending) == 0


async def test_two_couriers_send_each_mail_once(services: Services, relay: Relay) -> None:
    subjects = [f"Mail {number}" for number in range(12)]
    post(services, *subjects)
    async with listening(relay) as port:
        sending = relayed(services, port)
        await asyncio.gather(deliver_due(sending), deliver_due(sending))
    assert sorted(mail["Subject"] for mail in relay.taken) == sorted(subjects)


async def test_a_mail_that_a_slow_relay_is_taking_is_sent_by_no_other_courier(
    services: Services, relay: Relay, clock: Clock
) -> None:
    subjects = ["The first", "The second", "The third"]
    post(services, *subjects)
    async with listening(relay) as port:
        sending = relayed(services, port)

        async def slowly() -> None:
            relay.meanwhile = None
            clock.move(seconds=RELAY_SECONDS)
            assert await deliver_due(sending) == 2

        relay.meanwhile = slowly
        assert await deliver_due(sending) == 1
    assert [mail["Subject"] for mail in relay.taken] == subjects


async def test_a_mail_that_cannot_be_read_keeps_no_other_back(
    services: Services, relay: Relay
) -> None:
    post(replace(services, keys=Keys("the secret before this one was set")), "Unreadable")
    post(services, "Readable")
    async with listening(relay) as port:
        assert await deliver_due(relayed(services, port)) == 2
    assert [mail["Subject"] for mail in relay.taken] == ["Readable"]


async def test_a_mail_that_cannot_be_written_keeps_no_other_back(
    services: Services, relay: Relay
) -> None:
    with services.transaction() as tx:
        post_mail(tx, to="=?x?q?=0d=0a=0d=0a@osierbeck.example", subject="Broken", body=BODY)
    post(services, "Whole")
    async with listening(relay) as port:
        assert await deliver_due(relayed(services, port)) == 2
    assert [mail["Subject"] for mail in relay.taken] == ["Whole"]


async def test_the_courier_outlives_a_database_that_is_away_for_a_moment_and_stops_when_told(
    services: Services, relay: Relay
) -> None:
    post(services, "After all")
    away = [OperationalError("gone", None, ConnectionError())]

    def gone(_: Connection) -> None:
        if away:
            raise away.pop()

    event.listen(services.engine, "begin", gone)
    async with listening(relay) as port:
        courier = asyncio.create_task(deliver_for_ever(relayed(services, port)))
        await asyncio.wait_for(relay.took.wait(), timeout=10)
        # In this very moment the relay's answer is on its way.
        courier.cancel()
        await asyncio.wait([courier], timeout=10)
        assert courier.done()
    assert not away
