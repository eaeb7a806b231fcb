"""What was typed and is not acknowledged by the server, on this machine: encrypted, or in memory.

A file for each form of each account, to which the whole of what is unsaved is added a line at a
time: a line that was cut short leaves the one before it good.
"""

from __future__ import annotations

import asyncio
import os
import zlib
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

KEY = "drafts"
MOST = 1024 * 1024
"""Bytes beyond which a file begins anew with its last line."""
DISK_SECONDS = 1.0
"""Seconds after which a disk that does not answer counts as one that takes nothing."""

Result = TypeVar("Result")


class Journal:
    """What is unsaved, by account and form; `open` it before the first use.

    The key lies in the keychain. Without one, and where the disk takes no more, what is unsaved is
    in memory alone and ends with the program: `holds` says which.
    """

    def __init__(self, folder: Path, keychain: Keychain) -> None:
        self._folder = folder / "unsaved"
        self._keychain = keychain
        self._memory: dict[tuple[UUID, UUID], Unsaved] = {}
        self._unwritten: set[tuple[UUID, UUID]] = set()
        self._fernet: Fernet | None = None
        self._turn = asyncio.Lock()
        # A thread of its own keeps lines in order, and a hanging disk blocks nothing else.
        self._disk = ThreadPoolExecutor(1, "journal")

    def holds(self, account: UUID, form: UUID) -> bool:
        """Whether what is unsaved of a form outlives the program, as it was written last."""
        return self._fernet is not None and (account, form) not in self._unwritten

    @property
    def end_with_program(self) -> bool:
        """Whether anything is in memory alone."""
        return any(not self.holds(*key) for key in self._memory)

    async def open(self) -> None:
        """Fetch the key, or make one where the keychain works and has none."""
        from cryptography.fernet import Fernet

        async with self._turn:
            if self._fernet is not None:
                return
            key = await self._keychain.get(KEY)
            if key is None and self._keychain.is_available:
                key = Fernet.generate_key().decode()
                await self._keychain.set(KEY, key)
            if key is not None and self._keychain.is_available:
                with suppress(ValueError):  # not a key of this program
                    self._fernet = Fernet(key)

    async def keep(self, account: UUID, form: UUID, unsaved: Unsaved) -> None:
        """Store the unsaved answers of a form, replacing the stored ones."""
        self._memory[account, form] = unsaved
        if self._fernet is None:
            return
        content = unsaved.model_dump_json().encode()
        try:
            await self._on_disk(lambda: self._add(self._file(account, form), content))
        except OSError:  # and a disk that hangs
            self._unwritten.add((account, form))
        else:
            self._unwritten.discard((account, form))

    async def _on_disk(self, work: Callable[[], Result]) -> Result:
        """Do something with the disk; raises TimeoutError, an OSError, where that takes long."""
        future = asyncio.get_running_loop().run_in_executor(self._disk, work)
        return await asyncio.wait_for(asyncio.shield(future), DISK_SECONDS)

    def _add(self, file: Path, content: bytes) -> None:
        assert self._fernet is not None  # noqa: S101 - the caller has looked
        line = self._fernet.encrypt(zlib.compress(content, 1)) + b"\n"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        starts_over = file.exists() and file.stat().st_size + len(line) > MOST
        target = file.with_suffix(".part") if starts_over else file
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if starts_over else os.O_APPEND)
        with os.fdopen(os.open(target, flags, 0o600), "wb") as written:
            # A line cut short by a full disk must not run into this one.
            written.write(b"\n" + line)
            written.flush()
            os.fsync(written.fileno())
        if starts_over:
            target.replace(file)

    async def find(self, account: UUID, form: UUID) -> Unsaved | None:
        """Find what is unsaved of a form; None where there is nothing, or nothing readable."""
        if (account, form) in self._memory:
            return self._memory[account, form]
        with suppress(OSError):
            return await self._on_disk(lambda: self._read(self._file(account, form)))
        return None

    def _read(self, file: Path) -> Unsaved | None:
        from cryptography.fernet import InvalidToken

        from tui.saving.draft import Unsaved

        if self._fernet is None or not file.exists():
            return None
        for line in reversed(file.read_bytes().splitlines()):
            with suppress(InvalidToken, ValueError, zlib.error):
                content = zlib.decompress(self._fernet.decrypt(line))
                return Unsaved.model_validate_json(content)
        return None

    async def drop(self, account: UUID, form: UUID) -> None:
        """Forget what was unsaved of a form: the server has acknowledged it."""
        self._memory.pop((account, form), None)
        self._unwritten.discard((account, form))
        # A file that can't be deleted is sent again later, and recognised by its id.
        with suppress(OSError):
            file = self._file(account, form)
            await self._on_disk(lambda: file.unlink(missing_ok=True))

    async def waiting(self, account: UUID) -> dict[UUID, str]:
        """List the forms of an account that something is unsaved of, by id, with their titles."""
        titles = {form: u.title for (of, form), u in self._memory.items() if of == account}
        with suppress(OSError):
            titles |= await self._on_disk(lambda: self._waiting(account))
        return titles

    def _waiting(self, account: UUID) -> dict[UUID, str]:
        titles: dict[UUID, str] = {}
        for file in (self._folder / str(account)).glob("*.journal"):
            with suppress(ValueError):  # a file of somebody else's
                if unsaved := self._read(file):
                    titles[UUID(file.stem)] = unsaved.title
        return titles

    def _file(self, account: UUID, form: UUID) -> Path:
        return self._folder / str(account) / f"{form}.journal"
