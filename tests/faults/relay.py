"""SMTP server that records every email with its time of arrival."""

from asyncio import BaseTransport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from threading import Condition
from time import monotonic, time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.emails import code_in

DRAIN_TIMEOUT = 30.0


@dataclass(frozen=True)
class Mail:
    """Received email; `id` is the part of its Message-ID before the @."""

    id: str
    to: str
    subject: str
    at: float
    body: str = ""


class Relay:
    """SMTP handler that stores emails and counts open connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.emails: list[Mail] = []
        self._open = 0
        self._arrived = Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store an email."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content)
        body = message.get_payload(decode=True)
        assert isinstance(body, bytes)
        id = str(message["Message-ID"]).strip("<> ").partition("@")[0]
        to = envelope.rcpt_tos[0]
        with self._arrived:
            self.emails.append(Mail(id, to, str(message["Subject"]), time(), body.decode()))
            self._arrived.notify_all()
        return "250 OK"

    def adjust_open_count(self, change: int) -> None:
        """Adjust the number of open connections."""
        with self._arrived:
            self._open += change
            self._arrived.notify_all()

    def drain(self) -> None:
        """Wait until all mail from a killed server has arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self._open == 0, DRAIN_TIMEOUT), (
                "A connection is still open."
            )

    def emails_to(self, to: str, subject: str = "") -> list[Mail]:
        """List the emails to an address without repeats, oldest first."""
        with self._arrived:
            emails = {m.id: m for m in reversed(self.emails) if m.to == to and subject in m.subject}
            return list(reversed(emails.values()))

    def wait_for_email(
        self, to: str, subject: str, known_ids: set[str], timeout: float
    ) -> Mail | None:
        """Wait for an email whose id is not in `known_ids`; return None on timeout."""
        deadline = monotonic() + timeout
        with self._arrived:
            while True:
                new = [mail for mail in self.emails_to(to, subject) if mail.id not in known_ids]
                if new:
                    return new[-1]
                remaining = deadline - monotonic()
                if remaining <= 0:
                    return None
                self._arrived.wait(remaining)

    def wait_for_code(self, to: str, known_ids: set[str], timeout: float) -> str | None:
        """Wait for a new verification code and add its email to `known_ids`."""
        mail = self.wait_for_email(to, "verification code", known_ids, timeout)
        if mail is None:
            return None
        known_ids.add(mail.id)
        return code_in(mail.body)


class _Connection(SMTP):
    """Connection counted by the relay."""

    def connection_made(self, transport: BaseTransport) -> None:
        self.event_handler.adjust_open_count(1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.adjust_open_count(-1)
        super().connection_lost(error)


class _Controller(Controller):
    def factory(self) -> _Connection:
        return _Connection(self.handler, **self.SMTP_kwargs)


@contextmanager
def run_relay(port: int) -> Iterator[Relay]:
    """Run a relay for the duration of a block."""
    relay = Relay(port)
    controller = _Controller(relay, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()
