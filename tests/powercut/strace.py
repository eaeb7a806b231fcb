"""Record a command's file operations with strace and read them as events."""

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
MAX_WRITE_BYTES = 16 * 1024 * 1024
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
    """A recording could not be made or read; the message gives the reason."""


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
        str(MAX_WRITE_BYTES),
        "-e",
        "signal=none",
        "-e",
        f"trace={CALLS}",
        "-o",
        str(log),
    ]
    result = subprocess.run(
        [strace, *options, *command],
        env={**os.environ, **env},
        cwd=ROOT,
        input=stdin,
        text=True,
        capture_output=True,
        check=False,
    )
    if result.returncode:
        raise RecordingFailed(f"The recording failed:\n{result.stdout}{result.stderr}")


def read(lines: Iterable[str], data: Path, write_log: Path) -> Iterator[Event]:
    """Read the events below a data folder and the entries of the write log from strace's log."""
    return _Reader(str(data), str(write_log)).read_events(lines)


class _Reader:
    def __init__(self, data: str, write_log: str) -> None:
        self._data, self._write_log = data, write_log
        self._unfinished: dict[str, tuple[str, int]] = {}
        self._positions: dict[tuple[str, str], int] = {}

    def read_events(self, lines: Iterable[str]) -> Iterator[Event]:
        hints = tuple(_to_hex(path) for path in (self._data, self._write_log))
        for number, line in enumerate(lines):
            process, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.lstrip()
            if rest.startswith("<... "):
                unfinished = self._unfinished.pop(process, None)
                if unfinished is not None:
                    yield from self._read_call(
                        unfinished[0] + rest.partition(" resumed>")[2], unfinished[1]
                    )
            elif any(hint in rest for hint in hints):
                yield from self._begin_sync(rest, number)
                if rest.endswith(UNFINISHED):
                    self._unfinished[process] = rest.removesuffix(UNFINISHED), number
                else:
                    yield from self._read_call(rest, number)

    def _begin_sync(self, text: str, number: int) -> Iterator[Event]:
        if text.startswith(("fsync", "fdatasync")):
            path = self._relative_path(_parse_descriptor(text)[1])
            if path is not None:
                yield SyncBegun(path, number)

    def _read_call(self, text: str, number: int) -> Iterator[Event]:
        call = CALL.match(text)
        if call is None or call[3] == "?" or int(call[3]) < 0:
            return
        name, arguments, result = call[1], call[2], int(call[3])
        match name:
            case "fsync" | "fdatasync":
                if self._relative_path(_parse_descriptor(arguments)[1]) is not None:
                    yield SyncEnded(number)
            case "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2":
                yield from self._read_write(name, arguments, result)
            case "ftruncate":
                if (path := self._relative_path(_parse_descriptor(arguments)[1])) is not None:
                    yield Changed(path, Resize(int(arguments.rpartition(",")[2])))
            case "open" | "openat" | "openat2" | "creat":
                yield from self._read_open(name, arguments, str(result), _decode_text(call[4]))
            case _:
                yield from self._read_path_call(name, _parse_paths(arguments))

    def _read_write(self, name: str, arguments: str, result: int) -> Iterator[Event]:
        descriptor, full_path = _parse_descriptor(arguments)
        data = b"".join(_decode_bytes(string) for string in STRING.findall(arguments))[:result]
        if full_path == self._write_log:
            yield LogEntry.model_validate_json(data)
        if (path := self._relative_path(full_path)) is None:
            return
        if name.startswith("pwrite"):
            # pwritev2 has flags after the offset.
            offset = int(arguments.split(",")[-2 if name == "pwritev2" else -1])
        else:
            offset = self._positions.get((descriptor, path), 0)
            self._positions[descriptor, path] = offset + result
        yield Changed(path, Write(offset, data))

    def _read_open(
        self, name: str, arguments: str, descriptor: str, full_path: str
    ) -> Iterator[Event]:
        if (path := self._relative_path(full_path)) is None:
            return
        self._positions[descriptor, path] = 0
        if name == "creat" or "O_CREAT" in arguments:
            yield Added(path)
        if name == "creat" or "O_TRUNC" in arguments:
            yield Changed(path, Resize(0))

    def _read_path_call(self, name: str, paths: list[str]) -> Iterator[Event]:
        relative_paths = [self._relative_path(path) for path in paths]
        match name.removesuffix("2").removesuffix("at"), relative_paths:
            case "mkdir", [str(path)]:
                yield Added(path, folder=True)
            case "unlink" | "rmdir", [str(path)]:
                yield Removed(path)
            case "rename", [str(path), str(new_path)]:
                yield Renamed(path, new_path)
            case "link", [str(path), str(new_path)]:
                yield Linked(path, new_path)
            case _ if any(relative_paths):
                raise RecordingFailed(f"A file was moved into or out of {self._data}: {paths}")

    def _relative_path(self, full_path: str) -> str | None:
        """Return a path relative to the data folder, or None if it is outside."""
        if full_path == self._data:
            return ""
        # SQLite rebuilds its -shm file at each start, and files in uploads/ are copied to
        # documents/, so neither needs to survive.
        transient = full_path.endswith("-shm") or full_path.startswith(f"{self._data}/uploads/")
        if transient or not full_path.startswith(f"{self._data}/"):
            return None
        return full_path.removeprefix(f"{self._data}/")


def _to_hex(path: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in path.encode())


def _decode_bytes(string: str) -> bytes:
    return bytes.fromhex(string.replace("\\x", ""))


def _decode_text(string: str | None) -> str:
    return _decode_bytes(string or "").decode(errors="surrogateescape")


def _parse_descriptor(text: str) -> tuple[str, str]:
    """Return the number and path of the first file descriptor in a call."""
    match = DESCRIPTOR.search(text)
    return (match[1], _decode_text(match[2])) if match else ("", "")


def _parse_paths(arguments: str) -> list[str]:
    """Return the paths in a call, resolving those relative to an open folder."""
    paths, folder = [], ""
    for part in re.finditer(f"{DESCRIPTOR.pattern}|{STRING.pattern}", arguments):
        if part[2] is not None:
            folder = _decode_text(part[2])
        else:
            paths.append(str(Path(folder) / _decode_text(part[3])))
    return paths
