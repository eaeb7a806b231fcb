"""Folders and files on disk. All functions may block, so call them in a thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath, PureWindowsPath

import platformdirs

from shared.documents import upload_error
from tui.core.confinement import OutsideFolder, confined_folder, open_file, require_inside
from tui.documents.texts import printable, read_error

NAME_BYTES = 255
"""The longest name of a file on most disks."""


@dataclass(frozen=True)
class Entry:
    """A file or folder; `name` is safe to display, `size` is in bytes if known."""

    path: Path
    name: str
    is_folder: bool
    size: int | None = None


def read_folder(folder: Path) -> list[Entry]:
    """List the visible entries of a folder, folders first. Raises OSError."""
    with os.scandir(require_inside(folder)) as scan:
        entries = [_to_entry(dir_entry) for dir_entry in scan if not dir_entry.name.startswith(".")]
    return sorted(
        (entry for entry in entries if entry),
        key=lambda entry: (not entry.is_folder, entry.name.casefold()),
    )


def _to_entry(dir_entry: os.DirEntry[str]) -> Entry | None:
    path, name = Path(dir_entry.path), printable(dir_entry.name)
    try:
        require_inside(path)
        if dir_entry.is_dir():
            return Entry(path, name, is_folder=True)
        if dir_entry.is_file():
            return Entry(path, name, is_folder=False, size=dir_entry.stat().st_size)
    except OutsideFolder:
        return None
    except OSError:  # still list the entry; choosing it shows the error
        return Entry(path, name, is_folder=False)
    return None


def parent_folder(folder: Path) -> Path | None:
    """Return the folder above, or None if there is none or it may not be opened."""
    parent = folder.parent
    return None if folder in {parent, confined_folder()} else parent


def parse_path(typed_path: str) -> Path:
    """Parse a typed or pasted path.

    Expands ~ and strips the quotes that terminals add to a dropped file. Raises
    FileNotFoundError if the home folder of a user is unknown.
    """
    text = typed_path.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise FileNotFoundError(text) from None


def find_entry(typed_path: str, folder: Path) -> Entry:
    """Return the entry at a typed or pasted path, relative to a folder.

    Raises OSError, or ValueError if the text can't be a path.
    """
    path = require_inside(folder / parse_path(typed_path))
    status = path.stat()
    path = path.resolve()
    is_folder = stat.S_ISDIR(status.st_mode)
    return Entry(path, printable(path.name), is_folder, None if is_folder else status.st_size)


def check_file(
    file: Path, check: Callable[[str, int], str | None] = upload_error
) -> tuple[int, str | None]:
    """Check a local file and return its size in bytes (0 if unknown) and any error."""
    name, size = printable(file.name), 0
    try:
        size = require_inside(file).stat().st_size
        message = check(name, size)
        if message is None:
            with open_file(file) as source:
                source.read(1)
    except OSError as error:
        return size, read_error(name, error)
    return size, message


def reserve(folder: Path, name: str) -> Path:
    """Create an empty file under an unused name: report.pdf, report (2).pdf, and so on.

    The file reserves the name, so that nothing is overwritten. A name that is too long for the
    disk loses the end of its stem. Raises OSError.
    """
    folder = require_inside(folder)
    target = PurePath(PureWindowsPath(printable(name)).name.strip(". ") or "document")
    for number in count(1):
        ending = target.suffix if number == 1 else f" ({number}){target.suffix}"
        stem = target.stem.encode()[: max(NAME_BYTES - len(ending.encode()), 0)]
        file = folder / (stem.decode(errors="ignore") + ending)
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            continue
        return file
    raise AssertionError  # unreachable: `count` never ends


def downloads_folder() -> Path:
    """Return the downloads folder, or the home folder if there is none."""
    if confined := confined_folder():
        return confined
    folder = platformdirs.user_downloads_path()
    return folder if folder.is_dir() else Path.home()
