"""A real SMTP server that keeps every mail it took, and when."""

from asyncio import BaseTransport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from threading import Condition
from time import monotonic, time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mails import code_in

PATIENCE = 30.0


@dataclass(frozen=True)
class Mail:
    """A mail as the relay took it; `id` is what stands before the @ of its Message-ID."""

    id: str
    to: str
    subject: str
    at: float
    body: str = ""


class Relay:
    """Takes mails and keeps them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[Mail] = []
        self._open = 0
        self._came = Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content)
        body = message.get_payload(decode=True)
        assert isinstance(body, bytes)
        id = str(message["Message-ID"]).strip("<> ").partition("@")[0]
        to = envelope.rcpt_tos[0]
        with self._came:
            self.mails.append(Mail(id, to, str(message["Subject"]), time(), body.decode()))
            self._came.notify_all()
        return "250 OK"

    def count(self, connections: int) -> None:
        """Count connections that were opened, or closed where the number is negative."""
        with self._came:
            self._open += connections
            self._came.notify_all()

    def drain(self) -> None:
        """Wait until nothing is left of what a killed server sent."""
        with self._came:
            assert self._came.wait_for(lambda: self._open == 0, PATIENCE), "A connection stays."

    def mails_to(self, to: str, subject: str = "") -> list[Mail]:
        """List the mails to an address, the oldest first; a mail that came twice is listed once."""
        with self._came:
            mails = {m.id: m for m in reversed(self.mails) if m.to == to and subject in m.subject}
            return list(reversed(mails.values()))

    def wait_for(self, to: str, subject: str, known: set[str], patience: float) -> Mail | None:
        """Wait for a mail that is not among the known ones; None where none comes in time."""
        end = monotonic() + patience
        with self._came:
            while True:
                new = [mail for mail in self.mails_to(to, subject) if mail.id not in known]
                if new:
                    return new[-1]
                left = end - monotonic()
                if left <= 0:
                    return None
                self._came.wait(left)

    def code_for(self, to: str, known: set[str], patience: float) -> str | None:
        """Wait for a new verification code, and remember its mail among the known ones."""
        mail = self.wait_for(to, "verification code", known, patience)
        if mail is None:
            return None
        known.add(mail.id)
        return code_in(mail.body)


class _Connection(SMTP):
    """A connection that the relay counts."""

    def connection_made(self, transport: BaseTransport) -> None:
        self.event_handler.count(1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.count(-1)
        super().connection_lost(error)


class _Controller(Controller):
    def factory(self) -> _Connection:
        return _Connection(self.handler, **self.SMTP_kwargs)


@contextmanager
def listening(port: int) -> Iterator[Relay]:
    """Let a relay listen for the length of a block."""
    relay = Relay(port)
    controller = _Controller(relay, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()
