"""SMTP relay for tests, and a worker that sends through it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from email.message import Message

from aiosmtpd.smtp import SMTP, Envelope, Session

from server.core.database import Services, Transaction
from server.core.mail import OutboxWorker
from server.core.outbox import OnGiveUp, OutboxMail


class Relay:
    """Relay that accepts, refuses or holds mail as a test configures it."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        """Emails whose content arrived, whether accepted or not."""
        self.accepted: list[Message] = []
        self.refusal = ""
        """Reply that rejects an email's content, or '' to accept it."""
        self.refused_recipients: dict[str, str] = {}
        """Replies that reject recipients, by address."""
        self.should_hold: Callable[[Message], bool] = lambda _: False
        self.released = asyncio.Event()
        self.on_data: Callable[[], object] = lambda: None
        self.connections: list[SMTP] = []
        self.exhausted: list[SMTP] = []
        """Connections that accept no further mail."""
        self.max_concurrent = 0
        self._concurrent = 0

    async def handle_MAIL(
        self, smtp: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        if smtp in self.exhausted:
            return "421 too many mails"
        envelope.mail_from = address
        return "250 fine"

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        content = envelope.original_content
        assert content is not None
        message = message_from_bytes(content)
        self.received.append(message)
        self.on_data()
        self._concurrent += 1
        self.max_concurrent = max(self.max_concurrent, self._concurrent)
        try:
            if self.should_hold(message):
                await self.released.wait()
        finally:
            self._concurrent -= 1
        if self.refusal:
            return self.refusal
        self.accepted.append(message)
        return "250 taken"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.accepted]


@asynccontextmanager
async def run_relay(relay: Relay, port: int = 0) -> AsyncIterator[int]:
    """Run a relay and yield its port."""
    loop = asyncio.get_running_loop()

    def connect() -> SMTP:
        relay.connections.append(SMTP(relay, hostname="relay", loop=loop))
        return relay.connections[-1]

    server = await loop.create_server(connect, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]
        relay.released.set()


def with_relay(services: Services, port: int) -> Services:
    """Return services that send through the relay on `port`, woken only by their own mail."""
    mail = {"mail_host": "127.0.0.1", "mail_port": port, "mail_tls": "none"}
    settings = services.settings.model_copy(update=mail)
    return replace(services, settings=settings, mail_posted=asyncio.Event())


def ignore_mail(_: Transaction, __: OutboxMail) -> None:
    """Ignore mail that was given up."""


@asynccontextmanager
async def open_worker(
    services: Services, on_give_up: OnGiveUp = ignore_mail
) -> AsyncIterator[OutboxWorker]:
    """Yield a worker that sends on request, and close its connections at the end."""
    worker = OutboxWorker(services, on_give_up)
    try:
        yield worker
    finally:
        worker.stop()
        await worker.run()


async def deliver(services: Services, on_give_up: OnGiveUp = ignore_mail) -> int:
    """Send due mail through a new worker and return the number of attempts."""
    async with open_worker(services, on_give_up) as worker:
        return await worker.deliver_due()


async def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the database cannot signal changes
            await asyncio.sleep(0.01)
