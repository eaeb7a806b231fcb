"""A disk as a power cut may leave it: what was synced, and any part of what was not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

SECTOR = 512


@dataclass(eq=False)
class Write:
    """Bytes written to a file."""

    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        """Write the bytes; a gap before them reads as zeros."""
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self) -> Iterator["Write"]:
        """Split the write at the boundaries of the disk's sectors."""
        start, end = self.offset, self.offset + len(self.data)
        while start < end:
            stop = min(end, start - start % SECTOR + SECTOR)
            yield Write(start, self.data[start - self.offset : stop - self.offset])
            start = stop


@dataclass(eq=False)
class Resize:
    """A file cut off, or made longer with zeros."""

    size: int

    def apply(self, content: bytearray) -> None:
        """Set the size."""
        del content[self.size :]
        content.extend(bytes(self.size - len(content)))


@dataclass(eq=False)
class Entries:
    """Names of a folder set or removed (None) as one: a rename within it does both."""

    names: dict[str, "File | Folder | None"]


Change: TypeAlias = Write | Resize | Entries
Part = Callable[[list[Change]], list[Change]]
"""Chooses which of the pending changes of a file or folder reached the disk."""


@dataclass(eq=False)
class File:
    """A file: its synced content, and the changes since."""

    synced: bytes = b""
    pending: list[Change] = field(default_factory=list)

    def content(self, part: Part) -> bytes:
        """Return the content with a part of the pending changes."""
        return self._with(part(self.pending)) if self.pending else self.synced

    def sync(self, changes: set[Change]) -> None:
        """Make changes durable."""
        self.synced = self._with([change for change in self.pending if change in changes])
        self.pending = [change for change in self.pending if change not in changes]

    def _with(self, changes: list[Change]) -> bytes:
        content = bytearray(self.synced)
        for change in changes:
            assert not isinstance(change, Entries)
            change.apply(content)
        return bytes(content)


@dataclass(eq=False)
class Folder:
    """A folder: its synced names, and the changes since."""

    synced: dict[str, "File | Folder"] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)

    def names(self, part: Part) -> dict[str, "File | Folder"]:
        """Return the names with a part of the pending changes."""
        return self._with(part(self.pending)) if self.pending else self.synced

    def sync(self, changes: set[Change]) -> None:
        """Make changes durable."""
        self.synced = self._with([change for change in self.pending if change in changes])
        self.pending = [change for change in self.pending if change not in changes]

    def _with(self, changes: list[Change]) -> dict[str, "File | Folder"]:
        names: dict[str, File | Folder | None] = dict(self.synced)
        for change in changes:
            assert isinstance(change, Entries)
            names |= change.names
        return {name: node for name, node in names.items() if node is not None}


def everything(pending: list[Change]) -> list[Change]:
    """Choose all: the disk as the running programs see it."""
    return pending


def nothing(pending: list[Change]) -> list[Change]:
    """Choose none: only what was synced is there."""
    return []


def at_random(rng: Random) -> Part:
    """Choose anew for each file and folder: none, all, the first ones, some, or some sectors."""

    def first(pending: list[Change]) -> list[Change]:
        count = rng.randrange(len(pending))
        torn = _sectors(pending[count : count + 1])
        return pending[:count] + torn[: rng.randrange(len(torn) + 1)]

    def some(pending: list[Change]) -> list[Change]:
        return [change for change in pending if rng.random() < 0.5]

    def some_sectors(pending: list[Change]) -> list[Change]:
        return some(_sectors(pending))

    def choose(pending: list[Change]) -> list[Change]:
        return rng.choice((nothing, everything, first, some, some_sectors))(pending)

    return choose


def _sectors(changes: list[Change]) -> list[Change]:
    parts: list[Change] = []
    for change in changes:
        parts += change.sectors() if isinstance(change, Write) else [change]
    return parts


class Disk:
    """The files of one folder, followed change by change; paths are relative to it.

    A new, renamed or removed name is durable only once its folder was synced: that some file
    systems do more is not relied on.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._root = Folder()
        for path, content in files.items():
            folder = self._root
            *parents, name = path.split("/")
            for parent in parents:
                made = folder.synced.setdefault(parent, Folder())
                assert isinstance(made, Folder)
                folder = made
            folder.synced[name] = File(content)

    def find(self, path: str) -> File | Folder | None:
        """Find what stands at a path now; an empty path is the folder itself."""
        node: File | Folder | None = self._root
        for name in filter(None, path.split("/")):
            node = node.names(everything).get(name) if isinstance(node, Folder) else None
        return node

    def change(self, path: str, change: Change) -> None:
        """Change a file, which is not durable until it is synced; raises LookupError."""
        self._get(path).pending.append(change)

    def add(self, path: str, node: File | Folder) -> None:
        """Add a file or folder, unless one is there."""
        if self.find(path) is None:
            folder, name = _split(path)
            self.change(folder, Entries({name: node}))

    def link(self, path: str, new: str) -> None:
        """Give a file a further name; raises LookupError."""
        folder, name = _split(new)
        self.change(folder, Entries({name: self._get(path)}))

    def rename(self, path: str, new: str) -> None:
        """Rename a file, within its folder in one step; raises LookupError."""
        node, (folder, name), (new_folder, new_name) = self._get(path), _split(path), _split(new)
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
        """Take what a sync covers; what is returned makes it durable. Raises LookupError."""
        node = self._get(path)
        covered = set(node.pending)
        return lambda: node.sync(covered)

    def image(self, part: Part) -> dict[str, bytes]:
        """Return the files as a cut now may leave them, by path."""
        return dict(_files("", self._root, part))

    def _get(self, path: str) -> File | Folder:
        node = self.find(path)
        if node is None:
            raise LookupError(f"The recording does not show where {path} came from.")
        return node


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _files(prefix: str, folder: Folder, part: Part) -> Iterator[tuple[str, bytes]]:
    for name, node in folder.names(part).items():
        if isinstance(node, File):
            yield prefix + name, node.content(part)
        else:
            yield from _files(f"{prefix}{name}/", node, part)
