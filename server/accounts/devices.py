"""Devices that signed in to an account before, which the guesses of others don't hold up.

A device has a random token of its own in its keychain, and sends it with its credentials.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, delete, select

from server.accounts.tables import Account, KnownDevice
from server.core.database import Transaction
from server.core.keys import Purpose
from server.core.throttle import Source

KNOWN_FOR = timedelta(days=90)
MAX_DEVICES = 10


def find_source(tx: Transaction, email: str, token: str, address: str) -> Source:
    """Return where an attempt to sign in comes from, with the same statements for every email."""
    digests = tx.services.keys.digests(Purpose.DEVICE, token)
    since = tx.now - KNOWN_FOR
    device = tx.session.exec(
        select(KnownDevice.digest)
        .join(Account, col(Account.id) == col(KnownDevice.account_id))
        .where(
            Account.email == email,
            col(KnownDevice.digest).in_(digests),
            col(KnownDevice.last_used_at) > since,
        )
    ).first()
    neighbour = tx.session.exec(
        select(KnownDevice.digest).where(
            KnownDevice.address_digest == _address_digest(tx, address),
            col(KnownDevice.last_used_at) > since,
        )
    ).first()
    return Source(address, device or "", is_known_address=neighbour is not None)


def remember_device(tx: Transaction, account: UUID, token: str, address: str) -> None:
    """Remember the device of a completed sign-in, and forget the oldest beyond MAX_DEVICES."""
    if not token:
        return
    digest = tx.services.keys.digest(Purpose.DEVICE, token)
    tx.session.merge(
        KnownDevice(
            account_id=account,
            digest=digest,
            address_digest=_address_digest(tx, address),
            last_used_at=tx.now,
        )
    )
    tx.session.flush()
    kept = (
        select(KnownDevice.digest)
        .where(KnownDevice.account_id == account)
        .order_by(col(KnownDevice.last_used_at).desc())
        .limit(MAX_DEVICES)
    )
    tx.session.exec(
        delete(KnownDevice).where(
            col(KnownDevice.account_id) == account, col(KnownDevice.digest).not_in(kept)
        )
    )


def forget_devices(tx: Transaction, account: UUID) -> None:
    """Forget the devices of an account."""
    tx.session.exec(delete(KnownDevice).where(col(KnownDevice.account_id) == account))


def _address_digest(tx: Transaction, address: str) -> str:
    return tx.services.keys.digest(Purpose.DEVICE, f"address {address}")
