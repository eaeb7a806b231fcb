"""Real SMTP relay for tests, and a worker that sends through it."""

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
        """Emails whose content arrived, answered or not."""
        self.accepted: list[Message] = []
        self.answer = ""
        """Reply that refuses an email's content, or '' to accept it."""
        self.recipients: dict[str, str] = {}
        """Replies that refuse recipients, by address."""
        self.should_hold: Callable[[Message], bool] = lambda _: False
        self.released = asyncio.Event()
        self.on_data: Callable[[], object] = lambda: None
        self.connections: list[SMTP] = []
        self.exhausted: list[SMTP] = []
        """Connections that refuse further mail."""
        self.most_at_once = 0
        self._at_once = 0

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
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        content = envelope.original_content
        assert content is not None
        message = message_from_bytes(content)
        self.received.append(message)
        self.on_data()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.should_hold(message):
                await self.released.wait()
        finally:
            self._at_once -= 1
        if self.answer:
            return self.answer
        self.accepted.append(message)
        return "250 taken"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.accepted]


@asynccontextmanager
async def listening(relay: Relay, port: int = 0) -> AsyncIterator[int]:
    """Run a relay; yields its port."""
    loop = asyncio.get_running_loop()

    def connect() -> SMTP:
        relay.connections.append(SMTP(relay, hostname="relay", loop=loop))
        return relay.connections[-1]

    server = await loop.create_server(connect, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]
        relay.released.set()


def relayed(services: Services, port: int) -> Services:
    """Return services that send through the relay on a port and are not woken by others."""
    mail = {"mail_host": "127.0.0.1", "mail_port": port, "mail_tls": "none"}
    settings = services.settings.model_copy(update=mail)
    return replace(services, settings=settings, mail_posted=asyncio.Event())


def ignore(_: Transaction, __: OutboxMail) -> None:
    """Ignore mail that was given up."""


@asynccontextmanager
async def working(services: Services, on_give_up: OnGiveUp = ignore) -> AsyncIterator[OutboxWorker]:
    """Yield a worker that sends when called, and close its connections at the end."""
    worker = OutboxWorker(services, on_give_up)
    try:
        yield worker
    finally:
        worker.stop()
        await worker.run()


async def deliver(services: Services, on_give_up: OnGiveUp = ignore) -> int:
    """Send due mail through a new worker; returns the number of attempts."""
    async with working(services, on_give_up) as worker:
        return await worker.deliver_due()


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the database cannot signal changes
            await asyncio.sleep(0.01)
