"""The folder that a restricted program is confined to, and the files that it may use."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_folder: Path | None = None
_note = ""
_quota = 0
FULL = (
    "Nothing was saved: your folder is full. Remove files from it with sftp, or leave and connect "
    "again if you have no SSH key."
)


class FullFolder(Exception):
    """The folder that the program is confined to has more bytes than it may."""


class OutsideFolder(PermissionError):
    """The path is outside of the folder that the program is confined to."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EACCES, "outside of your folder", str(path))


def confine(folder: Path, note: str = "", quota: int = 0) -> None:
    """Confine this process to a folder, which is a path without symlinks, for good.

    `note` says how long its files stay, and `quota` how many bytes they may have, or 0.
    """
    global _folder, _note, _quota
    _folder, _note, _quota = folder, note, quota


def confined_folder() -> Path | None:
    """Return the folder that this process is confined to, or None if it is not."""
    return _folder


def folder_note() -> str:
    """Return how long files stay in the folder, or '' if nobody deletes them."""
    return _note


def require_quota() -> None:
    """Raise FullFolder if the folder has more bytes than it may, or OSError."""
    if _folder is None or not _quota:
        return
    if sum(file.lstat().st_size for file in _folder.rglob("*")) > _quota:
        raise FullFolder(FULL)


def require_inside(path: Path) -> Path:
    """Return a path that may be used, without symlinks if the process is confined.

    Raises OutsideFolder, whether or not the path exists, or OSError.
    """
    if _folder is None:
        return path
    try:
        resolved = path.resolve()
    except RuntimeError:  # a loop of symlinks
        raise OutsideFolder(path) from None
    if not resolved.is_relative_to(_folder):
        raise OutsideFolder(path)
    return resolved


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError.

    If the process is confined, it must be a regular file, as a pipe could block the process.
    """
    if _folder is None:
        return path.open("rb")
    path = require_inside(path)
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return file
