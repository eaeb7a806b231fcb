"""Records a command's file operations with strace and reads them as events."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.powercut.disk import Resize, Write
from tests.powercut.events import (
    Added,
    Changed,
    Event,
    Linked,
    Removed,
    Renamed,
    SyncBegun,
    SyncEnded,
)
from tests.powercut.writes import LogEntry

ROOT = Path(__file__).parents[2]
LONGEST = 16 * 1024 * 1024
"""Maximum bytes of a single write; strace truncates longer ones."""
# The question marks make strace ignore calls that an architecture lacks.
CALLS = (
    "?open,?openat,?openat2,?creat,?write,?writev,?pwrite64,?pwritev,?pwritev2,?ftruncate,?fsync,"
    "?fdatasync,?rename,?renameat,?renameat2,?link,?linkat,?unlink,?unlinkat,?mkdir,?mkdirat,?rmdir"
)
UNFINISHED = " <unfinished ...>"
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?:<((?:\\x\w\w)*)>)?")
STRING = re.compile(r'"((?:\\x\w\w)*)"')
DESCRIPTOR = re.compile(r"(-?\d+|AT_FDCWD)<((?:\\x\w\w)*)>")


class RecordingFailed(Exception):
    """A recording could not be made or read; the message says why."""


def record(command: list[str], log: Path, env: dict[str, str], stdin: str) -> None:
    """Run a command and record its file operations and those of its children.

    Raises RecordingFailed if strace is missing or not allowed, or if the command fails.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise RecordingFailed("strace is missing. On Debian: apt-get install strace")
    options = [
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",
        "-xx",
        "-s",
        str(LONGEST),
        "-e",
        "signal=none",
        "-e",
        f"trace={CALLS}",
        "-o",
        str(log),
    ]
    run = subprocess.run(
        [strace, *options, *command],
        env={**os.environ, **env},
        cwd=ROOT,
        input=stdin,
        text=True,
        capture_output=True,
        check=False,
    )
    if run.returncode:
        raise RecordingFailed(f"The recording failed:\n{run.stdout}{run.stderr}")


def read(lines: Iterable[str], data: Path, marks: Path) -> Iterator[Event]:
    """Read the events below a data folder and the marks in a file from strace's log."""
    return _Reader(str(data), str(marks)).events(lines)


class _Reader:
    def __init__(self, data: str, marks: str) -> None:
        self._data, self._marks = data, marks
        self._unfinished: dict[str, tuple[str, int]] = {}
        self._positions: dict[tuple[str, str], int] = {}

    def events(self, lines: Iterable[str]) -> Iterator[Event]:
        hints = tuple(_hex(path) for path in (self._data, self._marks))
        for number, line in enumerate(lines):
            process, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.lstrip()
            if rest.startswith("<... "):
                unfinished = self._unfinished.pop(process, None)
                if unfinished is not None:
                    yield from self._ended(
                        unfinished[0] + rest.partition(" resumed>")[2], unfinished[1]
                    )
            elif any(hint in rest for hint in hints):
                yield from self._begin_sync(rest, number)
                if rest.endswith(UNFINISHED):
                    self._unfinished[process] = rest.removesuffix(UNFINISHED), number
                else:
                    yield from self._ended(rest, number)

    def _begin_sync(self, text: str, number: int) -> Iterator[Event]:
        if text.startswith(("fsync", "fdatasync")):
            path = self._inside(_descriptor(text)[1])
            if path is not None:
                yield SyncBegun(path, number)

    def _ended(self, text: str, number: int) -> Iterator[Event]:
        call = CALL.match(text)
        if call is None or call[3] == "?" or int(call[3]) < 0:
            return
        name, arguments, result = call[1], call[2], int(call[3])
        match name:
            case "fsync" | "fdatasync":
                if self._inside(_descriptor(arguments)[1]) is not None:
                    yield SyncEnded(number)
            case "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2":
                yield from self._written(name, arguments, result)
            case "ftruncate":
                if (path := self._inside(_descriptor(arguments)[1])) is not None:
                    yield Changed(path, Resize(int(arguments.rpartition(",")[2])))
            case "open" | "openat" | "openat2" | "creat":
                yield from self._opened(name, arguments, str(result), _text(call[4]))
            case _:
                yield from self._named(name, _paths(arguments))

    def _written(self, name: str, arguments: str, result: int) -> Iterator[Event]:
        descriptor, full = _descriptor(arguments)
        data = b"".join(_bytes(string) for string in STRING.findall(arguments))[:result]
        if full == self._marks:
            yield LogEntry.model_validate_json(data)
        if (path := self._inside(full)) is None:
            return
        if name.startswith("pwrite"):
            # pwritev2 has flags after the offset.
            offset = int(arguments.split(",")[-2 if name == "pwritev2" else -1])
        else:
            offset = self._positions.get((descriptor, path), 0)
            self._positions[descriptor, path] = offset + result
        yield Changed(path, Write(offset, data))

    def _opened(self, name: str, arguments: str, descriptor: str, full: str) -> Iterator[Event]:
        if (path := self._inside(full)) is None:
            return
        self._positions[descriptor, path] = 0
        if name == "creat" or "O_CREAT" in arguments:
            yield Added(path)
        if name == "creat" or "O_TRUNC" in arguments:
            yield Changed(path, Resize(0))

    def _named(self, name: str, paths: list[str]) -> Iterator[Event]:
        inside = [self._inside(path) for path in paths]
        match name.removesuffix("2").removesuffix("at"), inside:
            case "mkdir", [str(path)]:
                yield Added(path, folder=True)
            case "unlink" | "rmdir", [str(path)]:
                yield Removed(path)
            case "rename", [str(path), str(new)]:
                yield Renamed(path, new)
            case "link", [str(path), str(new)]:
                yield Linked(path, new)
            case _ if any(inside):
                raise RecordingFailed(f"A file was moved into or out of {self._data}: {paths}")

    def _inside(self, full: str) -> str | None:
        """Return a path relative to the data folder, or None if it is outside."""
        if full == self._data:
            return ""
        # SQLite rebuilds its -shm file at each start, and files in uploads/ are copied to
        # documents/, so neither needs to survive.
        transient = full.endswith("-shm") or full.startswith(f"{self._data}/uploads/")
        if transient or not full.startswith(f"{self._data}/"):
            return None
        return full.removeprefix(f"{self._data}/")


def _hex(path: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in path.encode())


def _bytes(string: str) -> bytes:
    return bytes.fromhex(string.replace("\\x", ""))


def _text(string: str | None) -> str:
    return _bytes(string or "").decode(errors="surrogateescape")


def _descriptor(text: str) -> tuple[str, str]:
    """Return the number and path of the first file descriptor in a call."""
    match = DESCRIPTOR.search(text)
    return (match[1], _text(match[2])) if match else ("", "")


def _paths(arguments: str) -> list[str]:
    """Return the paths in a call, resolving those relative to an open folder."""
    paths, folder = [], ""
    for part in re.finditer(f"{DESCRIPTOR.pattern}|{STRING.pattern}", arguments):
        if part[2] is not None:
            folder = _text(part[2])
        else:
            paths.append(str(Path(folder) / _text(part[3])))
    return paths
