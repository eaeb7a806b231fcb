"""The courier: takes mails out of the outbox and hands them to the relay, until they are taken.

A mail is claimed by moving its next try on, so that no transaction is open while the relay
answers, and several workers never send the same one at once.
"""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import aiosmtplib
import structlog
from anyio.to_thread import run_sync
from sqlmodel import col, select, update

from server.core.database import Services
from server.core.keys import Purpose
from server.core.outbox import OutboxMail

log = structlog.get_logger()

LOOK_SECONDS = 1.0
AT_ONCE = 10
RELAY_SECONDS = 30
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)


async def deliver_for_ever(services: Services) -> None:
    """Deliver what is due, again and again, until cancelled; does nothing without a relay."""
    while services.settings.mail_host:
        sent = await deliver_due(services)
        if not sent:
            await asyncio.sleep(LOOK_SECONDS)


async def deliver_due(services: Services) -> int:
    """Try each mail that is due once; returns how many there were."""
    mails = await run_sync(_claim, services)
    for mail in mails:
        try:
            await _send(services, mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            log.warning("mail_not_sent", kind=type(error).__name__, attempts=mail.attempts + 1)
            await run_sync(_put_off, services, mail)
        else:
            await run_sync(_done, services, mail.id)
    return len(mails)


def _claim(services: Services) -> list[OutboxMail]:
    with services.transaction() as tx:
        due = tx.session.exec(
            select(OutboxMail)
            .where(
                col(OutboxMail.next_try_at) <= tx.now,
                col(OutboxMail.sent_at).is_(None),
                col(OutboxMail.given_up_at).is_(None),
            )
            .order_by(col(OutboxMail.created_at))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for mail in due:
            mail.next_try_at = tx.now + LEASE
            tx.session.add(mail)
        return list(due)


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


def _put_off(services: Services, mail: OutboxMail) -> None:
    with services.transaction() as tx:
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


def _done(services: Services, mail: UUID) -> None:
    with services.transaction() as tx:
        tx.session.exec(
            update(OutboxMail).where(col(OutboxMail.id) == mail).values(sent_at=tx.now, body="")
        )
