"""The courier: takes mails out of the outbox and hands them to the relay, until they are taken.

A mail is claimed by moving its next try on, so that no transaction is open while the relay
answers, and several workers never send the same one at once.
"""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from uuid import UUID

import aiosmtplib
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select, update

from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.outbox import OutboxMail

log = structlog.get_logger()

LOOK_SECONDS = 1.0
RELAY_SECONDS = 60
LEASE = timedelta(minutes=2)
"""Longer than a mail may take: when it ends, nobody is sending that mail any more."""
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)


async def deliver_for_ever(services: Services) -> None:
    """Deliver what is due, again and again, until cancelled; does nothing without a relay."""
    while services.settings.mail_host and not _told_to_stop():
        try:
            await deliver_due(services)
        except SQLAlchemyError as error:
            log.error("courier_interrupted", kind=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def deliver_due(services: Services) -> int:
    """Try the mails that are due, one after the other; returns how many tries there were."""
    tries = 0
    while not _told_to_stop() and (mail := await services.write(_claim)):
        tries += 1
        try:
            async with asyncio.timeout(RELAY_SECONDS):
                await _send(services, mail)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others must go
            log.warning("mail_not_sent", kind=type(error).__name__, attempts=mail.attempts + 1)
            await services.write(partial(_put_off, mail))
        else:
            await services.write(partial(_done, mail.id))
    return tries


def _told_to_stop() -> bool:
    # Python 3.11 loses a cancellation that comes in the moment of the relay's answer.
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _claim(tx: Transaction) -> OutboxMail | None:
    mail = tx.session.exec(
        select(OutboxMail)
        .where(
            col(OutboxMail.next_try_at) <= tx.now,
            col(OutboxMail.sent_at).is_(None),
            col(OutboxMail.given_up_at).is_(None),
        )
        .order_by(col(OutboxMail.next_try_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if mail:
        mail.next_try_at = tx.now + LEASE
        tx.session.add(mail)
    return mail


async def _send(services: Services, mail: OutboxMail) -> None:
    settings = services.settings
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.id}@{settings.mail_from.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(services.keys.decrypt(Purpose.MAIL, mail.body))
    await aiosmtplib.send(
        message,
        hostname=settings.mail_host,
        port=settings.mail_port,
        username=settings.mail_user or None,
        password=settings.mail_password.get_secret_value() or None,
        timeout=RELAY_SECONDS,
        use_tls=settings.mail_tls == "tls",
        start_tls=settings.mail_tls == "starttls",
    )


def _put_off(mail: OutboxMail, tx: Transaction) -> None:
    gone = tx.now - mail.created_at > GIVE_UP
    wait = min(FIRST_WAIT * 2**mail.attempts, LONGEST_WAIT)
    tx.session.exec(
        update(OutboxMail)
        .where(col(OutboxMail.id) == mail.id)
        .values(
            attempts=mail.attempts + 1,
            next_try_at=tx.now + wait,
            given_up_at=tx.now if gone else None,
        )
    )
    if gone:
        log.error("mail_given_up", mail=str(mail.id))


def _done(mail: UUID, tx: Transaction) -> None:
    tx.session.exec(
        update(OutboxMail).where(col(OutboxMail.id) == mail).values(sent_at=tx.now, body="")
    )
