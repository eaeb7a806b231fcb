"""Encrypted journal of unacknowledged input on the user's machine.

There is one file per account and form. Each line holds all unsaved answers, so the previous line
remains usable if the last one is truncated.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tui.core.keychain import Keychain

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from tui.saving.draft import Unsaved

KEYCHAIN_NAME = "drafts"
KEY_BYTES = 32
MAX_BYTES = 1024 * 1024
"""File size in bytes above which only the last line is kept."""
DISK_TIMEOUT = 1.0
"""Seconds to wait for the disk before treating it as failed."""

Result = TypeVar("Result")


class Journal:
    """Unsaved answers by account and form; call `open` before the first use.

    The encryption key is in the keychain. Without a keychain, or if the disk fails, answers are
    kept in memory only; see `is_durable`.
    """

    def __init__(self, folder: Path, keychain: Keychain) -> None:
        self._folder = folder / "unsaved"
        self._keychain = keychain
        self._memory: dict[tuple[UUID, UUID], Unsaved] = {}
        self._unwritten: set[tuple[UUID, UUID]] = set()
        self._key: str | None = None
        self._fernet: Fernet | None = None
        self._open_lock = asyncio.Lock()
        # A single dedicated thread keeps the lines in order, and a slow disk blocks nothing else.
        self._disk = ThreadPoolExecutor(1, "journal")

    def is_durable(self, account: UUID, form: UUID) -> bool:
        """Whether the last write of a form reached the disk."""
        return self._key is not None and (account, form) not in self._unwritten

    @property
    def has_memory_only(self) -> bool:
        """Whether any unsaved answers are in memory only."""
        return any(not self.is_durable(*key) for key in self._memory)

    async def open(self) -> None:
        """Load the encryption key, or create one if the keychain has none."""
        async with self._open_lock:
            if self._key is not None:
                return
            key = await self._keychain.get(KEYCHAIN_NAME)
            if key is None and self._keychain.is_available:
                key = urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()
                await self._keychain.set(KEYCHAIN_NAME, key)
            if key is not None and self._keychain.is_available and _is_key(key):
                self._key = key

    async def _load_cipher(self) -> None:
        """Import cryptography, which takes 8 MB, once there is something to write or to read.

        Neither the event loop nor the disk's timeout waits for the import.
        """
        async with self._open_lock:
            if self._fernet is None and self._key is not None:
                self._fernet = await asyncio.to_thread(_create_cipher, self._key)

    async def write(self, account: UUID, form: UUID, unsaved: Unsaved) -> None:
        """Store the unsaved answers of a form, replacing earlier ones."""
        self._memory[account, form] = unsaved
        if self._key is None:
            return
        await self._load_cipher()
        if self._memory.get((account, form)) is not unsaved:
            return  # removed or replaced during the import: an append would bring it back
        content = unsaved.model_dump_json().encode()
        try:
            await self._run_on_disk(lambda: self._append(self._file(account, form), content))
        except OSError:  # includes TimeoutError
            self._unwritten.add((account, form))
        else:
            self._unwritten.discard((account, form))

    async def _run_on_disk(self, work: Callable[[], Result]) -> Result:
        """Run disk work in the journal's thread; raises TimeoutError if it takes too long."""
        future = asyncio.get_running_loop().run_in_executor(self._disk, work)
        return await asyncio.wait_for(asyncio.shield(future), DISK_TIMEOUT)

    def _append(self, file: Path, content: bytes) -> None:
        assert self._fernet is not None  # noqa: S101 - loaded by the caller
        line = self._fernet.encrypt(zlib.compress(content, 1)) + b"\n"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        rewrites = file.exists() and file.stat().st_size + len(line) > MAX_BYTES
        target = file.with_suffix(".part") if rewrites else file
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if rewrites else os.O_APPEND)
        with os.fdopen(os.open(target, flags, 0o600), "wb") as output:
            # The leading newline ends a line that a full disk truncated.
            output.write(b"\n" + line)
            output.flush()
            os.fsync(output.fileno())
        if rewrites:
            target.replace(file)

    async def read(self, account: UUID, form: UUID) -> Unsaved | None:
        """Return the unsaved answers of a form, or None if missing or unreadable."""
        if (account, form) in self._memory:
            return self._memory[account, form]
        with suppress(OSError):
            file = self._file(account, form)
            if await self._run_on_disk(file.exists):
                await self._load_cipher()
                return await self._run_on_disk(lambda: self._read_file(file))
        return None

    def _read_file(self, file: Path) -> Unsaved | None:
        if self._fernet is None:
            return None
        from cryptography.fernet import InvalidToken

        from tui.saving.draft import Unsaved

        for line in reversed(file.read_bytes().splitlines()):
            with suppress(InvalidToken, ValueError, zlib.error):
                content = zlib.decompress(self._fernet.decrypt(line))
                return Unsaved.model_validate_json(content)
        return None

    async def remove(self, account: UUID, form: UUID) -> None:
        """Remove the journal of a form once the server has acknowledged everything."""
        self._memory.pop((account, form), None)
        self._unwritten.discard((account, form))
        # If the file can't be deleted, its save is sent again and the server recognises its id.
        with suppress(OSError):
            file = self._file(account, form)
            await self._run_on_disk(lambda: file.unlink(missing_ok=True))

    async def unsaved_titles(self, account: UUID) -> dict[UUID, str]:
        """Return the titles of an account's forms with unsaved answers, by form id."""
        titles = {
            form: unsaved.title
            for (owner, form), unsaved in self._memory.items()
            if owner == account
        }
        with suppress(OSError):
            if files := await self._run_on_disk(lambda: self._list_files(account)):
                await self._load_cipher()
                titles |= await self._run_on_disk(lambda: self._read_titles(files))
        return titles

    def _list_files(self, account: UUID) -> list[Path]:
        return list((self._folder / str(account)).glob("*.journal"))

    def _read_titles(self, files: list[Path]) -> dict[UUID, str]:
        titles: dict[UUID, str] = {}
        for file in files:
            with suppress(ValueError):  # the file name is not a form id
                if unsaved := self._read_file(file):
                    titles[UUID(file.stem)] = unsaved.title
        return titles

    def _file(self, account: UUID, form: UUID) -> Path:
        return self._folder / str(account) / f"{form}.journal"


def _is_key(text: str) -> bool:
    """Whether an entry of the keychain is a key of Fernet."""
    try:
        return len(urlsafe_b64decode(text)) == KEY_BYTES
    except ValueError:  # includes binascii.Error
        return False


def _create_cipher(key: str) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(key)
