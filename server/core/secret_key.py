"""The secret key that a database is used with, and the keys before it.

A row holds a keyed check value, so that a server with another key refuses to start, and the public
key of the receipts signed with it, so that they can be verified for ever.
"""

from base64 import b64encode
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from server.core.keys import Keys, Purpose

WRONG_KEY = (
    "PORTAL_SECRET_KEY: this is not the key that the database was used with. With it, second steps "
    "and queued mail could not be read, and everyone would be signed out.\n"
    "Set it to the key before. To change the key, set PORTAL_SECRET_KEY_OLD to the key before and "
    "run `portal-server rotate-key`. If the key before is lost, run `portal-server rotate-key "
    "--lost`: everyone sets up the second step again, and mail in the queue is not sent."
)


class SecretKey(SQLModel, table=True):
    """A secret key, by its check value; the current one has not been replaced."""

    __tablename__ = "secret_key"

    check: str = Field(primary_key=True)
    receipt_key: str
    """The public key of its receipts, in base64."""
    since: datetime
    replaced_at: datetime | None = None


class WrongSecretKey(Exception):
    """Raised if a database is used with another secret key; the message says what to do."""


def current_key(session: Session) -> SecretKey | None:
    """Return the key that a database is used with, or None if it has never been used."""
    return session.exec(select(SecretKey).where(col(SecretKey.replaced_at).is_(None))).first()


def add_key(session: Session, keys: Keys, now: datetime) -> None:
    """Make the first of some keys the current one of a database."""
    if before := current_key(session):
        before.replaced_at = now
        session.add(before)
    receipt_key = b64encode(keys.public_key(Purpose.RECEIPT)).decode()
    # A key that was replaced may come back.
    session.merge(SecretKey(check=keys.check, receipt_key=receipt_key, since=now))


def order_keys(session: Session, keys: Keys) -> Keys:
    """Return the keys with the current one of the database first; raises WrongSecretKey.

    Servers that know an old and a new key write with the current one, which all can read.
    """
    current = current_key(session)
    if current is None:
        return keys
    ordered = keys.with_first(current.check)
    if ordered is None:
        raise WrongSecretKey(WRONG_KEY)
    return ordered


def receipt_keys(session: Session) -> list[str]:
    """Return the public keys of all receipts, in base64."""
    return list(session.exec(select(SecretKey.receipt_key)))
