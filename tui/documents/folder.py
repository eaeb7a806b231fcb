"""Folders and files on disk; every function may block, so call it in a thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PureWindowsPath

import platformdirs

from shared.documents import refusal_before_upload
from tui.documents.words import cant_be_read, shown


@dataclass(frozen=True)
class Entry:
    """An entry of a folder; `name` is safe to show, `size` is in bytes if known."""

    path: Path
    name: str
    folder: bool
    size: int | None = None


def read_folder(folder: Path) -> list[Entry]:
    """List a folder without hidden files, folders first; raises OSError."""
    with os.scandir(folder) as items:
        entries = [_entry(item) for item in items if not item.name.startswith(".")]
    return sorted(
        (entry for entry in entries if entry),
        key=lambda entry: (not entry.folder, entry.name.casefold()),
    )


def _entry(item: os.DirEntry[str]) -> Entry | None:
    path, name = Path(item.path), shown(item.name)
    try:
        if item.is_dir():
            return Entry(path, name, folder=True)
        if item.is_file():
            return Entry(path, name, folder=False, size=item.stat().st_size)
    except OSError:  # the entry exists, and choosing it shows the error
        return Entry(path, name, folder=False)
    return None


def as_path(written: str) -> Path:
    """Parse a path as people type or paste it.

    Handles ~ and the quotes that terminals put around a dropped file. Raises FileNotFoundError
    for the ~ of an unknown user.
    """
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise FileNotFoundError(text) from None


def look_up(written: str, folder: Path) -> Entry:
    """Return the entry at a typed or pasted path, relative to a folder.

    Raises OSError, or ValueError if the text can't be a path.
    """
    path = folder / as_path(written)
    status = path.stat()
    path = path.resolve()
    is_folder = stat.S_ISDIR(status.st_mode)
    return Entry(path, shown(path.name), is_folder, None if is_folder else status.st_size)


def check(
    file: Path, refusal: Callable[[str, int], str | None] = refusal_before_upload
) -> tuple[int, str | None]:
    """Return the size of a file, and why it can't be used, without the server.

    The size is in bytes, or 0 if it is unknown.
    """
    name, size = shown(file.name), 0
    try:
        size = file.stat().st_size
        reason = refusal(name, size)
        if reason is None:
            with file.open("rb") as source:
                source.read(1)
    except OSError as error:
        return size, cant_be_read(name, error)
    return size, reason


def reserve(folder: Path, name: str) -> Path:
    """Create an empty file with an unused name: report.pdf, else report (2).pdf.

    The file reserves the name, so that nothing is ever overwritten. Raises OSError.
    """
    target = Path(PureWindowsPath(shown(name)).name.strip(". ") or "document")
    for number in count(1):
        file = folder / (target.name if number == 1 else f"{target.stem} ({number}){target.suffix}")
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            continue
        return file
    raise AssertionError  # there is always a next number


def downloads() -> Path:
    """Return the folder for downloads, or the home folder if there is none."""
    folder = platformdirs.user_downloads_path()
    return folder if folder.is_dir() else Path.home()
