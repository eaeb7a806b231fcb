"""Events of a recording: changes to files, syncs, and the clients' log entries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.powercut.disk import Change, Disk, File, Folder
from tests.powercut.writes import LogEntry


@dataclass(frozen=True)
class Added:
    """A file or folder was created, unless it existed."""

    path: str
    folder: bool = False


@dataclass(frozen=True)
class Changed:
    """A file was written to or resized."""

    path: str
    change: Change


@dataclass(frozen=True)
class Linked:
    """A hard link to a file was created."""

    path: str
    new_path: str


@dataclass(frozen=True)
class Renamed:
    """A file was renamed."""

    path: str
    new_path: str


@dataclass(frozen=True)
class Removed:
    """A file or folder was removed."""

    path: str


@dataclass(frozen=True)
class SyncBegun:
    """A sync of the pending changes began; `number` identifies it."""

    path: str
    number: int


@dataclass(frozen=True)
class SyncEnded:
    """A sync succeeded, making its changes durable."""

    number: int


Event: TypeAlias = Added | Changed | Linked | Renamed | Removed | SyncBegun | SyncEnded | LogEntry


@dataclass
class Replay:
    """Applies the events of a recording to a disk."""

    disk: Disk
    _syncs: dict[int, Callable[[], None]] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Apply the next event; raises LookupError for an unknown file."""
        match event:
            case Added(path, folder):
                self.disk.add(path, Folder() if folder else File())
            case Changed(path, change):
                self.disk.change(path, change)
            case Linked(path, new_path):
                self.disk.link(path, new_path)
            case Renamed(path, new_path):
                self.disk.rename(path, new_path)
            case Removed(path):
                self.disk.remove(path)
            case SyncBegun(path, number):
                self._syncs[number] = self.disk.begin_sync(path)
            case SyncEnded(number):
                self._syncs.pop(number)()
