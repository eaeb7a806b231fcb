"""Folders and files of the disk; everything here may wait for it, so call it in a thread."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

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


def look_up(written: str, folder: Path) -> Entry:
    """Find what was written or pasted, seen from a folder.

    Quotes, which terminals put around a dropped file, and ~ are understood. Raises OSError or
    ValueError where nothing is found.
    """
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        path = folder / Path(text).expanduser()
    except RuntimeError:  # ~ of somebody unknown
        raise FileNotFoundError(text) from None
    status = path.stat()
    path = path.resolve()
    is_folder = stat.S_ISDIR(status.st_mode)
    return Entry(path, shown(path.name), is_folder, None if is_folder else status.st_size)


def refusal(file: Path) -> str | None:
    """Say why a file can't be uploaded, as far as can be told without the server."""
    name = shown(file.name)
    try:
        reason = refusal_before_upload(name, file.stat().st_size)
        if reason is None:
            with file.open("rb") as source:
                source.read(1)
    except OSError as error:
        return cant_be_read(name, error)
    return reason
