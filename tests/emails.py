"""Helpers for reading emails from the server's outbox."""

import re

from sqlmodel import col, select

from server.core.database import Services
from server.core.keys import Purpose
from server.core.outbox import OutboxMail


def emails_to(services: Services, to: str) -> list[OutboxMail]:
    """List the emails to an address, oldest first."""
    with services.transaction() as tx:
        query = select(OutboxMail).where(OutboxMail.to == to).order_by(col(OutboxMail.created_at))
        return list(tx.session.exec(query))


def last_email(services: Services, to: str) -> str:
    """Return the decrypted body of the newest email to an address."""
    return services.keys.decrypt(Purpose.MAIL, emails_to(services, to)[-1].body)


def code_in(mail: str) -> str:
    """Return the verification code in an email."""
    match = re.search(r"\b\d{6}\b", mail)
    assert match, mail
    return match[0]


def link_in(mail: str) -> str:
    """Return the link in an email."""
    match = re.search(r"https?://\S+/(?:activate|reset)/\S+", mail)
    assert match, mail
    return match[0]
