"""SFTP into the folder of an account: files come and go, and nothing else can be reached."""

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh import SFTPAttrs, SFTPPermissionDenied

MAX_OPEN = 16
MAX_FILES = 500
OWNER_ONLY = SFTPAttrs(permissions=0o600)


class FolderServer(asyncssh.SFTPServer):
    """An SFTP server of one flat folder.

    Files can be put, listed, renamed and removed; they can be read while `may_read` says so. There
    are no links, no folders, no modes and no more bytes than the quota.
    """

    def __init__(
        self,
        channel: "asyncssh.SSHServerChannel[bytes]",
        folder: AbstractContextManager[Path],
        quota: int,
        may_read: Callable[[], Awaitable[bool]],
        on_use: Callable[[], None],
    ) -> None:
        self._use = ExitStack()
        self._folder = self._use.enter_context(folder)
        super().__init__(channel, chroot=os.fsencode(self._folder))
        self._quota, self._may_read = quota, may_read
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
        """Open a file that is private; reading needs a completed sign-in."""
        if len(self._open) >= MAX_OPEN:
            raise asyncssh.SFTPFailure("Too many files are open.")
        writes = bool(pflags & asyncssh.FXF_WRITE)
        if (not writes or pflags & asyncssh.FXF_READ) and not await self._may_read():
            raise SFTPPermissionDenied("Sign in to the portal first, then fetch files.")
        if writes and len(os.listdir(self._folder)) >= MAX_FILES:  # noqa: PTH208 - names only
            raise asyncssh.SFTPFailure("There are too many files.")
        file = super().open(path, pflags, OWNER_ONLY)
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

    def exit(self) -> None:
        """End the use of the folder."""
        self._use.close()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, but never over another."""
        super().rename(oldpath, newpath)

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
