"""Secrets in this machine's keychain or, without a keychain, in memory only."""

from __future__ import annotations

import asyncio

SERVICE = "professional-portal"
DEVICE_TOKEN = "device"  # noqa: S105 - a keychain entry's name
"""A random token that shows the server that this device signed in before."""


class Keychain:
    """Stores the tokens of session and device and the journal key, never in a plain file.

    `is_available` is None until the first use. Calls run in a thread, because a keychain may
    prompt for a password. With `in_memory`, the machine's keychain is not used.
    """

    def __init__(self, server: str, *, in_memory: bool = False) -> None:
        self._server = server
        self._in_memory = in_memory
        self._memory: dict[str, str] = {}
        self.is_available: bool | None = False if in_memory else None

    @property
    def description(self) -> str:
        """Where secrets are stored, as shown in My Account."""
        if self.is_available:
            return "Kept in this machine's keychain."
        if self._in_memory:
            return "Kept in memory only. It ends with the program."
        return "Kept in memory only: this machine has no keychain. It ends with the program."

    async def get(self, name: str) -> str | None:
        """Return a secret, or None if it is not stored."""
        return await asyncio.to_thread(self._get, name)

    async def get_or_create(self, name: str) -> str:
        """Return a random secret of 256 bits, which is made at the first use."""
        import secrets

        secret = await self.get(name)
        if not secret:
            secret = secrets.token_urlsafe(32)
            await self.set(name, secret)
        return secret

    async def set(self, name: str, secret: str) -> None:
        """Store a secret."""
        await asyncio.to_thread(self._set, name, secret)

    async def delete(self, name: str) -> None:
        """Delete a secret if it is stored."""
        await asyncio.to_thread(self._delete, name)

    def _key(self, name: str) -> str:
        return f"{name} {self._server}"

    def _get(self, name: str) -> str | None:
        if self._in_memory:
            return self._memory.get(name)
        import keyring
        from keyring.errors import KeyringError

        if name in self._memory:
            return self._memory[name]
        try:
            secret = keyring.get_password(SERVICE, self._key(name))
        except KeyringError:
            self.is_available = False
            return None
        self.is_available = not _is_null(keyring.get_keyring())
        return secret

    def _set(self, name: str, secret: str) -> None:
        if self._in_memory:
            self._memory[name] = secret
            return
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, self._key(name), secret)
            self.is_available = keyring.get_password(SERVICE, self._key(name)) == secret
        except KeyringError:
            self.is_available = False
        if not self.is_available:
            self._memory[name] = secret

    def _delete(self, name: str) -> None:
        self._memory.pop(name, None)
        if self._in_memory:
            return
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.delete_password(SERVICE, self._key(name))
        except KeyringError:
            return


def _is_null(backend: object) -> bool:
    from keyring.backends import null

    return isinstance(backend, null.Keyring)
