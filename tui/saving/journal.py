"""What was typed and is not acknowledged by the server, on this machine: encrypted, or in memory.

A file for each form of each account, to which the whole of what is unsaved is added a line at a
time: a line that was cut short leaves the one before it good.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from tui.core.keychain import Keychain

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from tui.saving.draft import Unsaved

KEY = "drafts"
MOST = 1024 * 1024
"""Bytes beyond which a file begins anew with its last line."""


class Journal:
    """What is unsaved, by account and form; `open` it before the first use.

    The key lies in the keychain. Without one, and where the disk takes no more, what is unsaved is
    in memory alone and ends with the program: `on_disk` says which.
    """

    def __init__(self, folder: Path, keychain: Keychain) -> None:
        self._folder = folder / "unsaved"
        self._keychain = keychain
        self._memory: dict[tuple[UUID, UUID], Unsaved] = {}
        self._fernet: Fernet | None = None
        self._disk_failed = False
        self._turn = asyncio.Lock()

    @property
    def on_disk(self) -> bool:
        """Whether what is kept outlives the program."""
        return self._fernet is not None and not self._disk_failed

    @property
    def end_with_program(self) -> bool:
        """Whether anything is in memory alone."""
        return bool(self._memory) and not self.on_disk

    async def open(self) -> None:
        """Fetch the key, or make one, where there is a keychain."""
        from cryptography.fernet import Fernet

        if self._fernet is not None:
            return
        key = await self._keychain.get(KEY)
        if key is None:
            key = Fernet.generate_key().decode()
            await self._keychain.set(KEY, key)
        if self._keychain.works:
            self._fernet = Fernet(key)

    async def keep(self, account: UUID, form: UUID, unsaved: Unsaved) -> None:
        """Keep what is unsaved of a form, in place of what was kept before."""
        self._memory[account, form] = unsaved
        if self._fernet is None:
            return
        content = unsaved.model_dump_json().encode()
        async with self._turn:
            try:
                await asyncio.to_thread(self._add, self._file(account, form), content)
            except OSError:
                self._disk_failed = True
            else:
                self._disk_failed = False

    def _add(self, file: Path, content: bytes) -> None:
        assert self._fernet is not None  # noqa: S101 - the caller has looked
        line = self._fernet.encrypt(zlib.compress(content, 1)) + b"\n"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        begin_anew = file.exists() and file.stat().st_size + len(line) > MOST
        target = file.with_suffix(".part") if begin_anew else file
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if begin_anew else os.O_APPEND)
        with os.fdopen(os.open(target, flags, 0o600), "wb") as written:
            written.write(line)
            written.flush()
            os.fsync(written.fileno())
        if begin_anew:
            target.replace(file)

    async def find(self, account: UUID, form: UUID) -> Unsaved | None:
        """Find what is unsaved of a form; None where there is nothing, or nothing readable."""
        if (account, form) in self._memory:
            return self._memory[account, form]
        async with self._turn:
            return await asyncio.to_thread(self._read, self._file(account, form))

    def _read(self, file: Path) -> Unsaved | None:
        from cryptography.fernet import InvalidToken

        from tui.saving.draft import Unsaved

        if self._fernet is None:
            return None
        lines: list[bytes] = []
        with suppress(OSError):
            lines = file.read_bytes().splitlines()
        for line in reversed(lines):
            with suppress(InvalidToken, ValueError, zlib.error):
                content = zlib.decompress(self._fernet.decrypt(line))
                return Unsaved.model_validate_json(content)
        return None

    async def drop(self, account: UUID, form: UUID) -> None:
        """Forget what was unsaved of a form: the server has acknowledged it."""
        self._memory.pop((account, form), None)
        async with self._turn:
            # What stays is sent again under its id, and known again.
            with suppress(OSError):
                await asyncio.to_thread(self._file(account, form).unlink, missing_ok=True)

    async def waiting(self, account: UUID) -> dict[UUID, str]:
        """List the forms of an account that something is unsaved of, by id, with their titles."""
        titles = {form: u.title for (of, form), u in self._memory.items() if of == account}
        async with self._turn:
            return titles | await asyncio.to_thread(self._waiting, account)

    def _waiting(self, account: UUID) -> dict[UUID, str]:
        read = {file: self._read(file) for file in (self._folder / str(account)).glob("*.journal")}
        return {UUID(file.stem): unsaved.title for file, unsaved in read.items() if unsaved}

    def _file(self, account: UUID, form: UUID) -> Path:
        return self._folder / str(account) / f"{form}.journal"
