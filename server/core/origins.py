"""Where a request comes from if the SSH server runs the client: a signed address.

The client gets it from the SSH server and sends it with each request. It can't make one itself, so
that nobody can claim another person's address.
"""

from datetime import datetime

from cryptography.fernet import InvalidToken

from server.core.keys import Keys, Purpose

HEADER = "Portal-Origin"


def sign_origin(keys: Keys, address: str, until: datetime) -> str:
    """Return a header's value that names an address, valid until a time."""
    return keys.encrypt(Purpose.ORIGIN, f"{until.isoformat()} {address}")


def read_origin(keys: Keys, value: str, now: datetime) -> str | None:
    """Return the address of a header's value, or None if it is not valid."""
    try:
        until, _, address = keys.decrypt(Purpose.ORIGIN, value).partition(" ")
    except (InvalidToken, ValueError):
        return None
    return address if now < datetime.fromisoformat(until) else None
