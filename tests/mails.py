"""Reading the mails that the server has put into its outbox."""

import re

from sqlmodel import col, select

from server.core.database import Services
from server.core.keys import Purpose
from server.core.outbox import OutboxMail


def mails_to(services: Services, to: str) -> list[OutboxMail]:
    """List the mails to an address, the oldest first."""
    with services.transaction() as tx:
        found = select(OutboxMail).where(OutboxMail.to == to).order_by(col(OutboxMail.created_at))
        return list(tx.session.exec(found))


def last_mail(services: Services, to: str) -> str:
    """Read the newest mail to an address."""
    return services.keys.decrypt(Purpose.MAIL, mails_to(services, to)[-1].body)


def code_in(mail: str) -> str:
    """Find the verification code in a mail."""
    found = re.search(r"\b\d{6}\b", mail)
    assert found, mail
    return found[0]


def link_in(mail: str) -> str:
    """Find the link in a mail."""
    found = re.search(r"https?://\S+/(?:activate|reset)/\S+", mail)
    assert found, mail
    return found[0]
