"""Cryptographic keys, one per purpose, derived from the secret key in the settings."""

import base64
import hashlib
import hmac
import secrets
from enum import StrEnum

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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
    PROVIDER = "provider"


class Keys:
    """Keyed hashes, encryption at rest and signatures."""

    def __init__(self, secret: str) -> None:
        self._keys = {
            purpose: HKDF(
                algorithm=SHA256(), length=32, salt=None, info=f"portal:{purpose}".encode()
            ).derive(secret.encode())
            for purpose in Purpose
        }

    def digest(self, purpose: Purpose, text: str) -> str:
        """Return the keyed hash of a string, as 64 hexadecimal characters."""
        return hmac.new(self._keys[purpose], text.encode(), hashlib.sha256).hexdigest()

    def matches(self, purpose: Purpose, text: str, digest: str) -> bool:
        """Return whether a string has this digest, comparing in constant time."""
        return hmac.compare_digest(self.digest(purpose, text), digest)

    def encrypt(self, purpose: Purpose, text: str) -> str:
        """Encrypt a string with the purpose's key."""
        return self._fernet(purpose).encrypt(text.encode()).decode()

    def decrypt(self, purpose: Purpose, text: str) -> str:
        """Decrypt a string; raises InvalidToken if the secret has changed."""
        return self._fernet(purpose).decrypt(text.encode()).decode()

    def sign(self, purpose: Purpose, content: bytes) -> bytes:
        """Sign content with the purpose's key (Ed25519)."""
        return self._signer(purpose).sign(content)

    def public_key(self, purpose: Purpose) -> bytes:
        """Return the public key that verifies the purpose's signatures."""
        return self._signer(purpose).public_key().public_bytes_raw()

    def _signer(self, purpose: Purpose) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keys[purpose])

    def _fernet(self, purpose: Purpose) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._keys[purpose]))


def new_token() -> str:
    """Generate a URL-safe token of 256 bits for a session or a link."""
    return secrets.token_urlsafe(32)


def new_code(length: int = 6) -> str:
    """Generate a code of decimal digits."""
    return f"{secrets.randbelow(10**length):0{length}d}"
