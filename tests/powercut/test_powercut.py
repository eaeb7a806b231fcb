"""Acknowledged writes survive power cuts, and a missing sync is detected."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.parts import copy_sqlite
from tests.powercut import recording, strace
from tests.powercut.checks import DATABASE, FIELD, hash_text
from tests.powercut.cuts import Totals, simulate_cuts
from tests.powercut.disk import Disk, Write, select_all, select_none
from tests.powercut.events import Added, Changed, Event, Renamed, Replay, SyncBegun, SyncEnded
from tests.powercut.recording import Recording
from tests.powercut.writes import Kind, LogEntry, RowWrite

PDF = b"%PDF-1.7\n" + bytes(3000) + b"\n%%EOF\n"
TEXT = "Ivo follows two-step instructions. " * 100
SUBMISSION, SAVE, VERSION, DOCUMENT = uuid4(), uuid4(), uuid4(), uuid4()


def test_acknowledged_writes_survive_power_cuts(sqlite_template: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed.")
    data = tmp_path / "data"
    data.mkdir()
    copy_sqlite(sqlite_template, data)
    record = recording.make_recording(tmp_path, clients=2, rounds=1, kills=0)
    totals = simulate_cuts(record, images=30, seed=1)
    assert totals.images == 30
    assert totals.checked_writes > 0
    assert [line for cut in totals.failed for line in cut.findings.lines()] == []


def build_database(folder: Path, *, filled: bool) -> bytes:
    """Return a database with the checked columns, empty or with a row in each table."""
    file = folder / "made.db"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE document (id, sha256, key); CREATE TABLE save (id);"
            "CREATE TABLE answer (submission_id, field, answer);"
            "CREATE TABLE submission_version (id, answers);"
        )
        if filled:
            rows: list[tuple[str, list[object]]] = [
                ("document", [DOCUMENT.hex, sha256(PDF).hexdigest(), str(DOCUMENT)]),
                ("answer", [SUBMISSION.hex, FIELD, json.dumps(TEXT)]),
                ("save", [SAVE.hex]),
                ("submission_version", [VERSION.hex, json.dumps({FIELD: TEXT})]),
            ]
            for table, values in rows:
                placeholders = ", ".join("?" * len(values))
                connection.execute(f"INSERT INTO {table} VALUES ({placeholders})", values)
            connection.commit()
    return file.read_bytes()


def write_durably(path: str, content: bytes) -> Iterator[Event]:
    """Write a file durably: write a temporary file, sync it, rename it and sync the folder."""
    folder = path.rpartition("/")[0]
    temporary = f"{folder}/new" if folder else f"{path}.new"
    yield Added(temporary)
    yield Changed(temporary, Write(0, content))
    yield from sync(temporary)
    yield Renamed(temporary, path)
    yield from sync(folder)


def sync(path: str) -> Iterator[Event]:
    number = uuid4().int
    yield SyncBegun(path, number)
    yield SyncEnded(number)


def acknowledge(kind: Kind, id: UUID, digest: str = "") -> Iterator[Event]:
    write = RowWrite(
        kind=kind, id=id, sha256=digest, submission=SUBMISSION if kind is Kind.SAVE else None
    )
    yield LogEntry(write=write, acknowledged=False)
    yield LogEntry(write=write, acknowledged=True)


def make_durable_recording(folder: Path) -> Recording:
    """Return the recording of a server that syncs everything before acknowledging it."""
    return Recording(
        initial_files={DATABASE: build_database(folder, filled=False)},
        events=[
            Added("documents", folder=True),
            *sync(""),
            *write_durably(f"documents/{DOCUMENT}", PDF),
            *write_durably(DATABASE, build_database(folder, filled=True)),
            *acknowledge(Kind.UPLOAD, DOCUMENT, sha256(PDF).hexdigest()),
            *acknowledge(Kind.SAVE, SAVE, hash_text(TEXT)),
            *acknowledge(Kind.SUBMISSION, VERSION, hash_text(TEXT)),
        ],
    )


def count_findings(totals: Totals) -> int:
    return totals.lost_writes + totals.broken_databases + totals.damaged_documents


def test_nothing_is_lost_when_every_write_is_synced(tmp_path: Path) -> None:
    totals = simulate_cuts(make_durable_recording(tmp_path), images=300, seed=1)
    assert (totals.images, totals.syncs, count_findings(totals)) == (300, 5, 0)
    assert totals.checked_writes > 100


@pytest.mark.parametrize("omitted", range(5))
def test_missing_sync_is_reported(tmp_path: Path, omitted: int) -> None:
    complete = make_durable_recording(tmp_path)
    number = [event.number for event in complete.events if isinstance(event, SyncBegun)][omitted]
    events = [
        event
        for event in complete.events
        if not (isinstance(event, SyncBegun | SyncEnded) and event.number == number)
    ]
    assert (
        count_findings(simulate_cuts(Recording(complete.initial_files, events), images=300, seed=1))
        > 0
    )


def test_writes_are_split_at_sector_boundaries() -> None:
    parts = Write(500, bytes(600)).sectors()
    assert [(part.offset, len(part.data)) for part in parts] == [(500, 12), (512, 512), (1024, 76)]


LOG = """\
7  fdatasync(3<{file}> <unfinished ...>
8  pwrite64(4<{file}>, "{data}", 2, 1) = 2
7  <... fdatasync resumed>) = 0
8  pwrite64(4<{outside}>, "{data}", 2, 1) = 2
8  fdatasync(4<{file}>) = -1 EIO (Input/output error)
"""


def to_hex(text: str) -> str:
    return "".join(f"\\x{ord(letter):02x}" for letter in text)


def test_sync_covers_only_earlier_writes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    log = LOG.format(
        file=to_hex(f"{data}/file"), outside=to_hex(f"{tmp_path}/file"), data=to_hex("ab")
    )
    replay = Replay(Disk({"file": b"1234"}))
    for event in strace.read(log.splitlines(), data, tmp_path / "marks"):
        replay.apply(event)
    assert replay.disk.image(select_none) == {"file": b"1234"}
    assert replay.disk.image(select_all) == {"file": b"1ab4"}


def test_recording_with_a_missing_write_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"not recorded")
    with pytest.raises(strace.RecordingFailed, match="file"):
        recording.require_complete(Recording({}, []), tmp_path)
