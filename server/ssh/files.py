"""SFTP into the folder of an account: files come and go, and nothing else can be reached."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh import SFTPAttrs, SFTPPermissionDenied

MAX_OPEN = 16
MAX_FILES = 500
MAX_READ_BYTES = 64 * 1024
MAX_UNSENT_BYTES = 8 * 1024 * 1024
SIGN_IN = "Sign in to the portal first, over SSH with this key."
OWNER_ONLY = SFTPAttrs(permissions=0o600)


class FolderServer(asyncssh.SFTPServer):
    """An SFTP server of one flat folder.

    New files can be put at any time. Existing ones, and their names, can be seen and changed only
    while `is_signed_in` says so. There are no links, no folders, no modes and no more bytes than
    the quota.
    """

    def __init__(
        self,
        channel: "asyncssh.SSHServerChannel[bytes]",
        folder: AbstractContextManager[Path],
        quota: int,
        is_signed_in: Callable[[], Awaitable[bool]],
        on_use: Callable[[], None],
    ) -> None:
        self._use = ExitStack()
        self._folder = self._use.enter_context(folder)
        super().__init__(channel, chroot=os.fsencode(self._folder))
        self._quota, self._is_signed_in = quota, is_signed_in
        self._on_use = on_use
        self._open: set[int] = set()

    def map_path(self, path: bytes) -> bytes:
        """Return the path of a file in the folder, or of the folder itself."""
        self._on_use()
        mapped = super().map_path(path).rstrip(b"/")
        if os.path.realpath(mapped) != mapped:  # a link, which nobody could make from outside
            raise SFTPPermissionDenied("Links are not followed.")
        return mapped

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open a file that is private; any but a new one needs a completed sign-in."""
        if len(self._open) >= MAX_OPEN:
            raise asyncssh.SFTPFailure("Too many files are open.")
        writes = bool(pflags & asyncssh.FXF_WRITE)
        may_be_new = writes and pflags & asyncssh.FXF_CREAT and not pflags & asyncssh.FXF_READ
        is_signed_in = await self._is_signed_in()
        if not is_signed_in and not may_be_new:
            raise SFTPPermissionDenied(SIGN_IN)
        if not is_signed_in:
            pflags |= asyncssh.FXF_EXCL
        if writes and len(os.listdir(self._folder)) >= MAX_FILES:  # noqa: PTH208 - names only
            raise asyncssh.SFTPFailure("There are too many files.")
        try:
            file = super().open(path, pflags, OWNER_ONLY)
        except FileExistsError:
            raise SFTPPermissionDenied(SIGN_IN) from None
        self._open.add(id(file))
        return file

    def close(self, file_obj: object) -> None:
        """Close a file."""
        self._open.discard(id(file_obj))
        super().close(file_obj)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write to a file, within the quota."""
        self._on_use()
        size: int = self.fstat(file_obj).st_size  # type: ignore[union-attr]  # an os.stat_result
        with os.scandir(self._folder) as entries:
            used = sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
        if used + max(0, offset + len(data) - size) > self._quota:
            raise asyncssh.SFTPFailure("Your folder is full.")
        return super().write(file_obj, offset, data)  # type: ignore[return-value]  # not awaitable

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read from a file that is open."""
        self._on_use()
        await self._require_sign_in()
        if self.channel.get_write_buffer_size() > MAX_UNSENT_BYTES:
            raise asyncssh.SFTPFailure("Too much is waiting to be sent.")
        size = min(size, MAX_READ_BYTES)  # a client asks for the rest again
        return super().read(file_obj, offset, size)  # type: ignore[return-value]  # not awaitable

    async def _require_sign_in(self) -> None:
        if not await self._is_signed_in():
            raise SFTPPermissionDenied(SIGN_IN)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """List the files."""
        await self._require_sign_in()
        async for name in super().scandir(path):
            yield name

    async def stat(self, path: bytes) -> SFTPAttrs:
        """Return the size and times of a file; those of the folder are known to all."""
        if self.map_path(path) != os.fsencode(self._folder):
            await self._require_sign_in()
        return SFTPAttrs.from_local(super().stat(path))  # type: ignore[arg-type]  # not awaitable

    async def lstat(self, path: bytes) -> SFTPAttrs:
        """Return the same as `stat`, because there are no links."""
        return await self.stat(path)

    async def remove(self, path: bytes) -> None:
        """Remove a file."""
        await self._require_sign_in()
        super().remove(path)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, but never over another."""
        await self._require_sign_in()
        super().rename(oldpath, newpath)

    def exit(self) -> None:
        """End the use of the folder."""
        self._use.close()

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, but never over another."""
        await self.rename(oldpath, newpath)

    def format_user(self, uid: int | None) -> str:
        """Return no name of the machine's accounts."""
        return "portal"

    def format_group(self, gid: int | None) -> str:
        """Return no name of the machine's groups."""
        return "portal"

    def _refuse(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401 - takes the place of many methods
        raise SFTPPermissionDenied("The portal has no use for this.")

    setstat = lsetstat = fsetstat = mkdir = rmdir = _refuse
    readlink = symlink = link = statvfs = fstatvfs = _refuse
