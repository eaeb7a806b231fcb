"""What could not be saved to the server yet: encrypted on this machine, or in memory only."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from tui.core.keychain import Keychain

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from shared.forms.submissions import Answer

KEY = "drafts"


class Kept(NamedTuple):
    """What was typed and not saved, and the answers and version that it was typed upon."""

    changes: dict[str, Answer | None]
    saved: dict[str, Answer]
    version: int


class Drafts:
    """Unsaved answers of submissions, one encrypted file each in a folder of the owner alone.

    The key lies in the keychain. Without one, drafts live in memory and end with the program:
    `on_disk` says which.
    """

    def __init__(self, folder: Path, keychain: Keychain) -> None:
        self._folder = folder / "drafts"
        self._keychain = keychain
        self._memory: dict[UUID, Kept] = {}
        self._fernet: Fernet | None = None
        self._disk_failed = False

    @property
    def on_disk(self) -> bool:
        """Whether drafts outlive the program on this machine."""
        return bool(self._keychain.works) and not self._disk_failed

    @property
    def end_with_program(self) -> bool:
        """Whether some are in memory alone."""
        return bool(self._memory) and not self.on_disk

    async def keep(self, submission: UUID, kept: Kept) -> None:
        """Keep the unsaved changes of a submission, in place of what was kept before.

        Where the disk takes no more they are kept in memory, and `on_disk` says so.
        """
        self._memory[submission] = kept
        fernet = await self._cipher()
        if fernet is None:
            return
        try:
            self._write(self._file(submission), fernet.encrypt(json.dumps(kept).encode()))
        except OSError:
            self._disk_failed = True
        else:
            self._disk_failed = False

    def _write(self, file: Path, content: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(content)
        part.replace(file)

    async def find(self, submission: UUID) -> Kept | None:
        """Find the unsaved changes of a submission; None where there are none, or unreadable."""
        from cryptography.fernet import InvalidToken

        if submission in self._memory:
            return self._memory[submission]
        fernet = await self._cipher()
        file = self._file(submission)
        if fernet is None or not file.exists():
            return None
        with suppress(InvalidToken, ValueError, OSError, TypeError):
            return Kept(*json.loads(fernet.decrypt(file.read_bytes())))
        return None

    async def drop(self, submission: UUID) -> None:
        """Forget the changes of a submission: the server has them."""
        self._memory.pop(submission, None)
        with suppress(OSError):  # a draft that stays is met as a change that is saved already
            self._file(submission).unlink(missing_ok=True)

    def _file(self, submission: UUID) -> Path:
        return self._folder / f"{submission}.draft"

    async def _cipher(self) -> Fernet | None:
        from cryptography.fernet import Fernet

        if self._fernet is None:
            key = await self._keychain.get(KEY)
            if key is None:
                key = Fernet.generate_key().decode()
                await self._keychain.set(KEY, key)
            if not self._keychain.works:
                return None
            self._fernet = Fernet(key)
        return self._fernet
