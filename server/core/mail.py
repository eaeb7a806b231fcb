"""The outbox worker: sends queued mail through the SMTP relay, several at a time, with retries."""

import asyncio
from contextlib import suppress
from email.message import EmailMessage

import structlog
from sqlalchemy.exc import SQLAlchemyError

from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.outbox import (
    OnGiveUp,
    OutboxMail,
    Outcome,
    Priority,
    Result,
    claim_mail,
    due_mail,
    record_outcomes,
)
from server.core.problems import PortalProblem
from server.core.relay import RelayConnection, describe_answer, is_permanent

log = structlog.get_logger()

CONNECTIONS = 3
"""Exchange Online's connection limit for one sender."""
ORDINARY_CONNECTIONS = CONNECTIONS - 1
"""One connection is reserved for verification codes, so that no code waits for a slow email."""
POLL_SECONDS = 1.0
"""Seconds between checks for mail from other processes and for retries."""
GRACE_SECONDS = 1.0
"""Seconds that a shutdown waits for the relay's answer."""
STOP_SECONDS = 2.0


async def run_outbox_worker(services: Services, on_give_up: OnGiveUp) -> None:
    """Send due mail until cancelled; does nothing if no relay is configured."""
    if not (services.settings.sends_mail and services.settings.mail_host):
        return
    worker = OutboxWorker(services, on_give_up)
    task = asyncio.create_task(worker.run())
    try:
        # A cancelled claim would leave leased emails unsent, so the worker is stopped instead.
        await asyncio.shield(task)
    finally:
        worker.stop()
        await asyncio.wait([task], timeout=STOP_SECONDS)
        task.cancel()


class OutboxWorker:
    """Claims as many emails as there are free connections, and records each outcome."""

    def __init__(self, services: Services, on_give_up: OnGiveUp) -> None:
        self._services = services
        self._on_give_up = on_give_up
        self._wake = services.mail_posted
        self._stopping = False
        self._idle = [RelayConnection(services.settings) for _ in range(CONNECTIONS)]
        self._sending: dict[asyncio.Task[None], OutboxMail] = {}
        self._outcomes: list[Outcome] = []
        """Outcomes not yet committed; kept while the database is unavailable."""

    def stop(self) -> None:
        """Stop `run` once the emails in progress are sent."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send mail until stopped."""
        while not self._stopping:
            try:
                await self.deliver_due()
            except (SQLAlchemyError, PortalProblem) as error:
                log.warning("outbox_worker_interrupted", kind=type(error).__name__)
            await self._wait()
        await self._finish()

    async def deliver_due(self) -> int:
        """Send until no mail is due or in progress, and return the number of attempts."""
        attempts = await self._record_and_claim()
        while (self._sending or self._outcomes) and not self._stopping:
            await self._wait()
            attempts += await self._record_and_claim()
        return attempts

    async def _wait(self) -> None:
        if self._stopping:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def _record_and_claim(self) -> int:
        """Record outcomes and claim due mail, in one transaction."""
        ordinary = sum(mail.priority != Priority.CODE for mail in self._sending.values())
        slots, ordinary_slots = len(self._idle), max(0, ORDINARY_CONNECTIONS - ordinary)
        outcomes = list(self._outcomes)

        def has_due_mail(tx: Transaction) -> bool:
            return bool(due_mail(tx, slots=slots, ordinary_slots=ordinary_slots))

        def record_and_claim(tx: Transaction) -> list[OutboxMail]:
            record_outcomes(tx, outcomes, self._on_give_up)
            return claim_mail(tx, slots=slots, ordinary_slots=ordinary_slots)

        # An idle server only reads: a write transaction every second would block other writers.
        if not outcomes and not (slots and await self._services.read(has_due_mail)):
            return 0
        claimed = await self._services.write(record_and_claim)
        del self._outcomes[: len(outcomes)]
        for mail in claimed:
            self._start_sending(mail)
        return len(claimed)

    def _start_sending(self, mail: OutboxMail) -> None:
        task = asyncio.create_task(self._send(mail, self._idle.pop()))
        self._sending[task] = mail
        task.add_done_callback(self._on_sent)

    async def _send(self, mail: OutboxMail, relay: RelayConnection) -> None:
        result = Result.INTERRUPTED
        try:
            await relay.send(self._message(mail))
            result = Result.SENT
        except Exception as error:  # noqa: BLE001 - one email must not stop the others
            result = Result.REFUSED if is_permanent(error) else Result.FAILED
            log.warning(
                "mail_not_sent",
                kind=type(error).__name__,
                attempts=mail.attempts + 1,
                **describe_answer(error, mail.to),
            )
        finally:
            self._idle.append(relay)
            self._outcomes.append(Outcome(mail, result))

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._wake.set()

    def _message(self, mail: OutboxMail) -> EmailMessage:
        sender = self._services.settings.mail_from
        message = EmailMessage()
        message["From"] = sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        # The ID is the same for each attempt, so that the recipient's system can drop duplicates.
        message["Message-ID"] = f"<{mail.id}@{sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._services.keys.decrypt(Purpose.MAIL, mail.body))
        return message

    async def _finish(self) -> None:
        """Wait briefly for the relay, then release the emails that it has not acknowledged."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=GRACE_SECONDS)
        while self._sending:
            for task in self._sending:
                task.cancel()
            # Python 3.11's wait_for may lose a cancellation, so it is repeated.
            await asyncio.wait(self._sending, timeout=0.1)
        try:
            await self._services.write(
                lambda tx: record_outcomes(tx, self._outcomes, self._on_give_up)
            )
        except (SQLAlchemyError, PortalProblem) as error:
            log.warning("outbox_worker_interrupted", kind=type(error).__name__)
        await asyncio.gather(*(relay.quit() for relay in self._idle))
