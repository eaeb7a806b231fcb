"""Folders and files of the disk; everything here may wait for it, so call it in a thread."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PureWindowsPath

import platformdirs

from shared.documents import refusal_before_upload
from tui.documents.words import cant_be_read, shown


@dataclass(frozen=True)
class Entry:
    """One line of a folder; `name` is fit to be shown, `size` in bytes where it could be told."""

    path: Path
    name: str
    folder: bool
    size: int | None = None


def read_folder(folder: Path) -> list[Entry]:
    """List a folder without its hidden files: folders first, then files; raises OSError."""
    with os.scandir(folder) as found:
        entries = [_entry(item) for item in found if not item.name.startswith(".")]
    kept = [entry for entry in entries if entry]
    return sorted(kept, key=lambda entry: (not entry.folder, entry.name.casefold()))


def _entry(item: os.DirEntry[str]) -> Entry | None:
    path, name = Path(item.path), shown(item.name)
    try:
        if item.is_dir():
            return Entry(path, name, folder=True)
        if item.is_file():
            return Entry(path, name, folder=False, size=item.stat().st_size)
    except OSError:  # it is there, and choosing it tells what is the matter
        return Entry(path, name, folder=False)
    return None


def as_path(written: str) -> Path:
    """Read a path as people write or paste it.

    Quotes, which terminals put around a dropped file, and ~ are understood. Raises
    FileNotFoundError for the ~ of somebody unknown.
    """
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise FileNotFoundError(text) from None


def look_up(written: str, folder: Path) -> Entry:
    """Find what was written or pasted, seen from a folder.

    Raises OSError, or ValueError for what can be no path.
    """
    path = folder / as_path(written)
    status = path.stat()
    path = path.resolve()
    is_folder = stat.S_ISDIR(status.st_mode)
    return Entry(path, shown(path.name), is_folder, None if is_folder else status.st_size)


def check(file: Path) -> tuple[int, str | None]:
    """Tell the size in bytes and why a file can't be uploaded, as far as the server isn't needed.

    The size is 0 where it can't be told.
    """
    name, size = shown(file.name), 0
    try:
        size = file.stat().st_size
        reason = refusal_before_upload(name, size)
        if reason is None:
            with file.open("rb") as source:
                source.read(1)
    except OSError as error:
        return size, cant_be_read(name, error)
    return size, reason


def reserve(folder: Path, name: str) -> Path:
    """Take a name in a folder that no file has yet: report.pdf, else report (2).pdf.

    Makes an empty file of it, so that nothing is ever overwritten. Raises OSError.
    """
    wanted = Path(PureWindowsPath(shown(name)).name.strip(". ") or "document")
    for number in count(1):
        file = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            continue
        return file
    raise AssertionError  # there is always a next number


def downloads() -> Path:
    """Tell the folder for downloads, or the home folder where there is none."""
    folder = platformdirs.user_downloads_path()
    return folder if folder.is_dir() else Path.home()
