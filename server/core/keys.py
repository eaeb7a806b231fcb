"""Cryptographic keys, one per purpose, derived from the secret key in the settings."""

import base64
import hashlib
import hmac
import secrets
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Purpose(StrEnum):
    """The purpose of a key; each purpose has its own key."""

    SESSION = "session"
    CODE = "code"
    LINK = "link"
    RECOVERY = "recovery"
    THROTTLE = "throttle"
    APP_SECRET = "app_secret"  # noqa: S105 - the name of a purpose
    MAIL = "mail"
    REGISTRATION = "registration"
    RECEIPT = "receipt"
    AUDIT = "audit"
    DEVICE = "device"
    CHECK = "check"
    PROVIDER = "provider"
    BACKUP = "backup"
    ORIGIN = "origin"


class Keys:
    """Keyed hashes, encryption at rest and signatures.

    While the secret is being changed there are two: the first is used, and the other is tried too.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets
        self._derived = [
            {
                purpose: HKDF(
                    algorithm=SHA256(), length=32, salt=None, info=f"portal:{purpose}".encode()
                ).derive(secret.encode())
                for purpose in Purpose
            }
            for secret in secrets
        ]
        self._keys = self._derived[0]

    @property
    def check(self) -> str:
        """A value by which the first secret is recognised."""
        return self.digest(Purpose.CHECK, "")

    def with_first(self, check: str) -> "Keys | None":
        """Return these keys with the one of a check value first, or None if it isn't there."""
        for secret in self._secrets:
            if Keys(secret).check == check:
                return Keys(secret, *(other for other in self._secrets if other != secret))
        return None

    def digest(self, purpose: Purpose, text: str) -> str:
        """Return the keyed hash of a string, as 64 hexadecimal characters."""
        return self.digests(purpose, text)[0]

    def digests(self, purpose: Purpose, text: str) -> list[str]:
        """Return the keyed hashes of a string by every secret, to look up what is stored."""
        return [
            hmac.new(keys[purpose], text.encode(), hashlib.sha256).hexdigest()
            for keys in self._derived
        ]

    def matches(self, purpose: Purpose, text: str, digest: str) -> bool:
        """Return whether a string has this digest, comparing in constant time."""
        return any(hmac.compare_digest(own, digest) for own in self.digests(purpose, text))

    def encrypt(self, purpose: Purpose, text: str) -> str:
        """Encrypt a string with the purpose's key."""
        return self._fernet(purpose).encrypt(text.encode()).decode()

    def decrypt(self, purpose: Purpose, text: str) -> str:
        """Decrypt a string; raises InvalidToken if it was encrypted with another secret."""
        return self._fernet(purpose).decrypt(text.encode()).decode()

    def sign(self, purpose: Purpose, content: bytes) -> bytes:
        """Sign content with the purpose's key (Ed25519)."""
        return self._signer(purpose).sign(content)

    def public_key(self, purpose: Purpose) -> bytes:
        """Return the public key that verifies the purpose's signatures."""
        return self._signer(purpose).public_key().public_bytes_raw()

    def _signer(self, purpose: Purpose) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keys[purpose])

    def _fernet(self, purpose: Purpose) -> MultiFernet:
        return MultiFernet(
            [Fernet(base64.urlsafe_b64encode(keys[purpose])) for keys in self._derived]
        )


def is_signed(public_key: bytes, content: bytes, signature: bytes) -> bool:
    """Return whether content was signed with the key of a public key (Ed25519)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def new_token() -> str:
    """Generate a URL-safe token of 256 bits for a session or a link."""
    return secrets.token_urlsafe(32)


def new_code(length: int = 6) -> str:
    """Generate a code of decimal digits."""
    return f"{secrets.randbelow(10**length):0{length}d}"
