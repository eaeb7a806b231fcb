"""Disk model in which a power cut keeps synced data and any part of unsynced data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

SECTOR_BYTES = 512


@dataclass(eq=False)
class Write:
    """Bytes written to a file."""

    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        """Write the bytes, filling a gap before them with zeros."""
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self) -> Iterator["Write"]:
        """Split the write at sector boundaries."""
        start, end = self.offset, self.offset + len(self.data)
        while start < end:
            stop = min(end, start - start % SECTOR_BYTES + SECTOR_BYTES)
            yield Write(start, self.data[start - self.offset : stop - self.offset])
            start = stop


@dataclass(eq=False)
class Resize:
    """File truncated, or extended with zeros."""

    size: int

    def apply(self, content: bytearray) -> None:
        """Set the size."""
        del content[self.size :]
        content.extend(bytes(self.size - len(content)))


@dataclass(eq=False)
class Entries:
    """Names set or removed (None) atomically in a folder, as by a rename."""

    names: dict[str, "File | Folder | None"]


Change: TypeAlias = Write | Resize | Entries
Selector = Callable[[list[Change]], list[Change]]
"""Function that selects the pending changes that reached the disk."""


@dataclass(eq=False)
class File:
    """File with its synced content and later changes."""

    synced: bytes = b""
    pending: list[Change] = field(default_factory=list)

    def content(self, select: Selector) -> bytes:
        """Return the content with the selected pending changes."""
        return self._apply(select(self.pending)) if self.pending else self.synced

    def sync(self, changes: set[Change]) -> None:
        """Make changes durable."""
        self.synced = self._apply([change for change in self.pending if change in changes])
        self.pending = [change for change in self.pending if change not in changes]

    def _apply(self, changes: list[Change]) -> bytes:
        content = bytearray(self.synced)
        for change in changes:
            assert not isinstance(change, Entries)
            change.apply(content)
        return bytes(content)


@dataclass(eq=False)
class Folder:
    """Folder with its synced names and later changes."""

    synced: dict[str, "File | Folder"] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)

    def names(self, select: Selector) -> dict[str, "File | Folder"]:
        """Return the names with the selected pending changes."""
        return self._apply(select(self.pending)) if self.pending else self.synced

    def sync(self, changes: set[Change]) -> None:
        """Make changes durable."""
        self.synced = self._apply([change for change in self.pending if change in changes])
        self.pending = [change for change in self.pending if change not in changes]

    def _apply(self, changes: list[Change]) -> dict[str, "File | Folder"]:
        names: dict[str, File | Folder | None] = dict(self.synced)
        for change in changes:
            assert isinstance(change, Entries)
            names |= change.names
        return {name: node for name, node in names.items() if node is not None}


def select_all(pending: list[Change]) -> list[Change]:
    """Select all changes: the files as running programs see them."""
    return pending


def select_none(pending: list[Change]) -> list[Change]:
    """Select no changes: only synced data survives."""
    return []


def select_random(rng: Random) -> Selector:
    """Return a selector that picks none, all, a prefix, some, or some sectors at random."""

    def select_prefix(pending: list[Change]) -> list[Change]:
        count = rng.randrange(len(pending))
        torn = _split_into_sectors(pending[count : count + 1])
        return pending[:count] + torn[: rng.randrange(len(torn) + 1)]

    def select_some(pending: list[Change]) -> list[Change]:
        return [change for change in pending if rng.random() < 0.5]

    def select_some_sectors(pending: list[Change]) -> list[Change]:
        return select_some(_split_into_sectors(pending))

    def select(pending: list[Change]) -> list[Change]:
        return rng.choice(
            (select_none, select_all, select_prefix, select_some, select_some_sectors)
        )(pending)

    return select


def _split_into_sectors(changes: list[Change]) -> list[Change]:
    result: list[Change] = []
    for change in changes:
        result += change.sectors() if isinstance(change, Write) else [change]
    return result


class Disk:
    """Files below one folder; paths are relative to it.

    A new, renamed or removed name is durable only once its folder is synced. Some file systems
    guarantee more, but the server must not rely on that.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._root = Folder()
        for path, content in files.items():
            folder = self._root
            *parents, name = path.split("/")
            for parent in parents:
                child = folder.synced.setdefault(parent, Folder())
                assert isinstance(child, Folder)
                folder = child
            folder.synced[name] = File(content)

    def find(self, path: str) -> File | Folder | None:
        """Return the file or folder at a path; an empty path is the root folder."""
        node: File | Folder | None = self._root
        for name in filter(None, path.split("/")):
            node = node.names(select_all).get(name) if isinstance(node, Folder) else None
        return node

    def change(self, path: str, change: Change) -> None:
        """Add a change that becomes durable with the next sync; raises LookupError."""
        self._get(path).pending.append(change)

    def add(self, path: str, node: File | Folder) -> None:
        """Add a file or folder unless the path exists."""
        if self.find(path) is None:
            folder, name = _split(path)
            self.change(folder, Entries({name: node}))

    def link(self, path: str, new_path: str) -> None:
        """Add a hard link to a file; raises LookupError."""
        folder, name = _split(new_path)
        self.change(folder, Entries({name: self._get(path)}))

    def rename(self, path: str, new_path: str) -> None:
        """Rename a file, atomically within a folder; raises LookupError."""
        node, (folder, name), (new_folder, new_name) = (
            self._get(path),
            _split(path),
            _split(new_path),
        )
        if folder == new_folder:
            self.change(folder, Entries({name: None, new_name: node}))
        else:
            self.change(new_folder, Entries({new_name: node}))
            self.change(folder, Entries({name: None}))

    def remove(self, path: str) -> None:
        """Remove a file or folder; raises LookupError."""
        folder, name = _split(path)
        self._get(path)
        self.change(folder, Entries({name: None}))

    def begin_sync(self, path: str) -> Callable[[], None]:
        """Return a function that makes the pending changes durable; raises LookupError."""
        node = self._get(path)
        pending = set(node.pending)
        return lambda: node.sync(pending)

    def image(self, select: Selector) -> dict[str, bytes]:
        """Return the files by path, as left by a power cut now."""
        return dict(_walk_files("", self._root, select))

    def _get(self, path: str) -> File | Folder:
        node = self.find(path)
        if node is None:
            raise LookupError(f"The recording does not show where {path} came from.")
        return node


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _walk_files(prefix: str, folder: Folder, select: Selector) -> Iterator[tuple[str, bytes]]:
    for name, node in folder.names(select).items():
        if isinstance(node, File):
            yield prefix + name, node.content(select)
        else:
            yield from _walk_files(f"{prefix}{name}/", node, select)
