"""The secret key that a database is used with, and the keys before it.

A row holds a keyed check value, so that a server with another key refuses to start, and the public
keys of what is signed with it, receipts and the audit log, so that these can be verified for ever.
"""

from base64 import b64decode, b64encode
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from server.core.keys import Keys, Purpose, is_signed
from server.core.settings import Settings

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
    audit_key: str
    """The public key of its heads of the audit log, in base64."""
    audit_key_signature: str = ""
    """The signature of `audit_key` by the key that replaced this one, in base64."""
    since: datetime
    replaced_at: datetime | None = None


class WrongSecretKey(Exception):
    """Raised if a database is used with another secret key; the message says what to do."""


def keys_of(settings: Settings) -> Keys:
    """Return the keys of the settings, the new one first."""
    secrets = filter(None, (settings.secret_key, settings.secret_key_old))
    return Keys(*(secret.get_secret_value() for secret in secrets))


def current_key(session: Session) -> SecretKey | None:
    """Return the key that a database is used with, or None if it has never been used."""
    return session.exec(select(SecretKey).where(col(SecretKey.replaced_at).is_(None))).first()


def add_key(session: Session, keys: Keys, now: datetime) -> None:
    """Make the first of some keys the current one of a database."""
    if before := current_key(session):
        before.replaced_at = now
        before.audit_key_signature = _encode(
            keys.sign(Purpose.AUDIT, _replaced_content(before.audit_key))
        )
        session.add(before)
    # A key that was replaced may come back.
    session.merge(
        SecretKey(
            check=keys.check,
            receipt_key=_encode(keys.public_key(Purpose.RECEIPT)),
            audit_key=_encode(keys.public_key(Purpose.AUDIT)),
            since=now,
        )
    )


def _encode(content: bytes) -> str:
    return b64encode(content).decode()


def _replaced_content(audit_key: str) -> bytes:
    return f"portal audit key {audit_key}".encode()


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


def audit_keys(session: Session, keys: Keys) -> list[bytes]:
    """Return the public keys of all heads of the audit log, the current one first.

    An earlier key counts only if the one that replaced it signed it, so that nobody can add a key
    of their own to the database.
    """
    trusted = [keys.public_key(Purpose.AUDIT)]
    replaced = col(SecretKey.replaced_at)
    query = select(SecretKey).where(replaced.is_not(None)).order_by(replaced.desc())
    for row in session.exec(query):
        content, signature = _replaced_content(row.audit_key), b64decode(row.audit_key_signature)
        if any(is_signed(key, content, signature) for key in trusted):
            trusted.append(b64decode(row.audit_key))
    return trusted
