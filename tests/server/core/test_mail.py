"""The outbox worker sends mail through an SMTP relay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from server.core import mail as mail_module
from server.core.database import Services
from server.core.keys import Keys
from server.core.mail import CONNECTIONS, ORDINARY_CONNECTIONS, run_outbox_worker
from server.core.outbox import OutboxMail, Priority, claim_mail, post_mail
from server.core.relay import RELAY_SECONDS
from tests.emails import emails_to
from tests.parts import Clock, track_open_transactions
from tests.server.relay import (
    Relay,
    deliver,
    ignore_mail,
    open_worker,
    run_relay,
    wait_until,
    with_relay,
)

pytestmark = pytest.mark.both_databases

DAY = timedelta(hours=24)
RECIPIENT = "senco@osierbeck.example"
BODY = "Your code is 123456 – keep it.\n"


@pytest.fixture
async def relay() -> Relay:
    return Relay()


def queue_mail(services: Services, *subjects: str, priority: Priority = Priority.ORDINARY) -> None:
    for subject in subjects:
        with services.transaction() as tx:
            post_mail(tx, to=RECIPIENT, subject=subject, body=BODY, priority=priority)


def get_only_mail(services: Services) -> OutboxMail:
    (mail,) = emails_to(services, RECIPIENT)
    return mail


@asynccontextmanager
async def run_worker(services: Services) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker in the background, as the server does."""
    worker = asyncio.create_task(run_outbox_worker(services, ignore_mail))
    try:
        yield worker
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


async def test_mail_is_delivered_once_and_its_body_dropped(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "Your verification code")
    assert "123456" not in get_only_mail(services).body
    async with run_relay(relay) as port:
        assert await deliver(with_relay(services, port)) == 1
        clock.move(days=2)
        assert await deliver(with_relay(services, port)) == 0
    (mail,) = relay.accepted
    assert (mail["To"], mail["Subject"]) == (RECIPIENT, "Your verification code")
    assert mail["From"] == services.settings.mail_from
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == BODY
    assert get_only_mail(services).body == ""
    assert get_only_mail(services).sent_at is not None


async def test_mail_of_a_failed_transaction_is_never_sent(services: Services, relay: Relay) -> None:
    with pytest.raises(ZeroDivisionError), services.transaction() as tx:
        post_mail(tx, to=RECIPIENT, subject="Never", body=BODY)
        raise ZeroDivisionError
    async with run_relay(relay) as port:
        assert await deliver(with_relay(services, port)) == 0


async def test_refused_mail_is_retried_with_increasing_delays(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "Refused for now")
    relay.refusal = "451 come back later"
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        for attempt, wait in enumerate((15, 30, 60), start=1):
            assert await deliver(outgoing) == 1
            assert get_only_mail(services).attempts == attempt
            clock.move(seconds=wait - 1)
            assert await deliver(outgoing) == 0
            clock.move(seconds=1)
        assert get_only_mail(services).body
        relay.refusal = ""
        assert await deliver(outgoing) == 1
        clock.move(days=2)
        assert await deliver(outgoing) == 0
    assert len(relay.accepted) == 1


async def test_mail_waits_while_relay_is_unreachable(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "For later")
    async with run_relay(relay) as port:
        pass
    assert await deliver(with_relay(services, port)) == 1
    assert not relay.accepted
    clock.move(seconds=15)
    async with run_relay(relay, port):
        assert await deliver(with_relay(services, port)) == 1
    assert relay.subjects == ["For later"]


async def test_mail_is_given_up_after_24_hours_and_reported_once(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "Too late")
    name = RECIPIENT.partition("@")[0]
    relay.refusal = f"550 <{RECIPIENT}>: nobody here is {name}"
    reported = []
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        while clock.now < get_only_mail(services).created_at + DAY:
            assert get_only_mail(services).given_up_at is None
            assert await deliver(outgoing, lambda _, mail: reported.append(mail.id)) == 1
            clock.move(hours=1)
        assert not reported
        with capture_logs() as lines:
            assert await deliver(outgoing, lambda _, mail: reported.append(mail.id)) == 1
        assert [line["event"] for line in lines] == ["mail_not_sent", "mail_given_up"]
        assert (lines[0]["status"], lines[0]["answer"]) == (
            550,
            "<<address>>: nobody here is <address>",
        )
        assert not any(name in str(line) for line in lines)
        assert get_only_mail(services).given_up_at is not None
        assert reported == [get_only_mail(services).id]
        relay.refusal = ""
        clock.move(days=1)
        assert await deliver(outgoing) == 0


@pytest.mark.parametrize(
    ("answer", "given_up"),
    [
        ("550 5.1.1 no such user", True),
        ("553 not a mailbox", True),
        ("550 5.7.1 you may not send from here", False),
        ("552 5.2.2 mailbox full", False),
        ("451 greylisted", False),
    ],
)
async def test_only_permanently_refused_recipient_is_given_up_at_once(
    services: Services, relay: Relay, answer: str, given_up: bool
) -> None:
    queue_mail(services, "To nobody")
    relay.refused_recipients[RECIPIENT] = answer
    reported = []
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        assert await deliver(outgoing, lambda _, mail: reported.append(mail.id)) == 1
    assert (get_only_mail(services).given_up_at is not None) == given_up
    assert reported == ([get_only_mail(services).id] if given_up else [])


@pytest.mark.parametrize(
    ("priority", "connections"),
    [(Priority.ORDINARY, ORDINARY_CONNECTIONS), (Priority.CODE, CONNECTIONS)],
)
async def test_concurrent_emails_share_a_few_connections(
    services: Services, relay: Relay, priority: Priority, connections: int
) -> None:
    subjects = [f"Mail {number}" for number in range(12)]
    queue_mail(services, *subjects, priority=priority)
    relay.should_hold = lambda _: True
    async with run_relay(relay) as port, run_worker(with_relay(services, port)):
        await wait_until(lambda: len(relay.received) == connections)
        relay.released.set()
        await wait_until(lambda: len(relay.accepted) == len(subjects))
    assert sorted(relay.subjects) == sorted(subjects)
    assert relay.max_concurrent == connections > 1
    assert len(relay.connections) <= CONNECTIONS


@pytest.mark.parametrize("cause", ["closed", "421"])
async def test_worker_reconnects_when_the_relay_disconnects(
    services: Services, relay: Relay, cause: str
) -> None:
    async with run_relay(relay) as port, open_worker(with_relay(services, port)) as worker:
        queue_mail(services, "Before")
        assert await worker.deliver_due() == 1
        (connection,) = relay.connections
        if cause == "closed":
            assert connection.transport is not None
            connection.transport.close()
        relay.exhausted = [connection]
        queue_mail(services, "After")
        assert await worker.deliver_due() == 1
    assert relay.subjects == ["Before", "After"]
    assert len(relay.connections) == 2
    assert {mail.attempts for mail in emails_to(services, RECIPIENT)} == {0}


async def test_code_never_waits_for_slow_mail(services: Services, relay: Relay) -> None:
    queue_mail(services, *(f"Slow {number}" for number in range(12)))
    relay.should_hold = lambda mail: mail["Subject"] != "Code"
    async with run_relay(relay) as port, run_worker(with_relay(services, port)):
        await wait_until(lambda: len(relay.received) == ORDINARY_CONNECTIONS)
        queue_mail(services, "Code", priority=Priority.CODE)
        await wait_until(lambda: relay.accepted)
        assert relay.subjects == ["Code"]
        assert len(relay.received) == ORDINARY_CONNECTIONS + 1


async def test_emails_are_claimed_by_priority_then_age(services: Services) -> None:
    queue_mail(services, "Old", "Less old", "New")
    queue_mail(services, "Link", priority=Priority.LINK)
    queue_mail(services, "Code", "Second code", priority=Priority.CODE)
    with services.transaction() as tx:
        claimed = [mail.subject for mail in claim_mail(tx, slots=5, ordinary_slots=2)]
    assert claimed == ["Code", "Second code", "Link", "Old"]


async def test_no_transaction_is_open_while_the_relay_answers(
    services: Services, relay: Relay
) -> None:
    queue_mail(services, "Slow")
    open_transactions = track_open_transactions(services.engine)
    open_during_data: list[list[str]] = []
    relay.on_data = lambda: open_during_data.append(list(open_transactions))
    async with run_relay(relay) as port:
        assert await deliver(with_relay(services, port)) == 1
    assert open_during_data == [[]]


async def test_concurrent_workers_send_each_email_once(services: Services, relay: Relay) -> None:
    subjects = [f"Mail {number}" for number in range(12)]
    queue_mail(services, *subjects)
    async with run_relay(relay) as port:
        await asyncio.gather(*(deliver(with_relay(services, port)) for _ in range(2)))
    assert sorted(relay.subjects) == sorted(subjects)


async def test_mail_being_sent_is_not_sent_by_another_worker(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "Slow")
    relay.should_hold = lambda _: True
    async with run_relay(relay) as port, run_worker(with_relay(services, port)):
        await wait_until(lambda: relay.received)
        clock.move(seconds=RELAY_SECONDS)
        assert await deliver(with_relay(services, port)) == 0


@pytest.mark.parametrize("broken", ["unreadable", "unwritable"])
async def test_broken_mail_does_not_stop_the_others(
    services: Services, relay: Relay, broken: str
) -> None:
    if broken == "unreadable":
        queue_mail(replace(services, keys=Keys("the secret before this one was set")), "Broken")
    else:
        with services.transaction() as tx:
            post_mail(tx, to="=?x?q?=0d=0a=0d=0a@osierbeck.example", subject="Broken", body=BODY)
    queue_mail(services, "Whole")
    async with run_relay(relay) as port:
        assert await deliver(with_relay(services, port)) == 2
    assert relay.subjects == ["Whole"]


async def test_worker_survives_database_outage_without_sending_twice(
    services: Services, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "POLL_SECONDS", 0.01)
    queue_mail(services, "After all")
    failures = 3

    def fail(_: Connection) -> None:
        nonlocal failures
        if failures and (failures == 3 or relay.received):
            failures -= 1
            raise OperationalError("gone", None, ConnectionError())

    event.listen(services.engine, "begin", fail)
    async with run_relay(relay) as port, run_worker(with_relay(services, port)):
        await wait_until(lambda: not failures)
        await wait_until(lambda: get_only_mail(services).sent_at)
    assert relay.subjects == ["After all"]


async def test_stopped_worker_releases_unanswered_mail_quickly(
    services: Services, relay: Relay, clock: Clock
) -> None:
    queue_mail(services, "Held", "Answered", "Not begun")
    relay.should_hold = lambda mail: mail["Subject"] == "Held"
    async with run_relay(relay) as port:
        async with asyncio.timeout(10), run_worker(with_relay(services, port)):
            await wait_until(lambda: len(relay.received) == 3)
            start = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - start < mail_module.STOP_SECONDS
        emails = {mail.subject: mail for mail in emails_to(services, RECIPIENT)}
        assert emails["Answered"].sent_at and emails["Not begun"].sent_at
        assert emails["Held"].next_try_at <= clock.now
        relay.should_hold = lambda _: False
        assert await deliver(with_relay(services, port)) == 1
    assert [mail["Message-ID"] for mail in relay.received if mail["Subject"] == "Held"] == [
        relay.accepted[-1]["Message-ID"]
    ] * 2


async def test_posted_mail_wakes_the_worker(
    services: Services, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "POLL_SECONDS", 600)
    reads: list[Connection] = []
    event.listen(services.engine, "begin", reads.append)
    async with run_relay(relay) as port:
        outgoing = with_relay(services, port)
        async with run_worker(outgoing):
            await wait_until(lambda: reads)
            await outgoing.write(
                lambda tx: post_mail(tx, to=RECIPIENT, subject="At once", body=BODY)
            )
            await wait_until(lambda: relay.accepted)


async def test_idle_worker_opens_no_writing_transaction(
    services: Services, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "POLL_SECONDS", 0.01)
    writes = []

    def record(connection: Connection) -> None:
        writes.append(connection.get_execution_options()["writes"])

    event.listen(services.engine, "begin", record)
    async with run_worker(with_relay(services, 1)):
        await wait_until(lambda: len(writes) > 5)
        observed = list(writes)
    assert not any(observed)
