"""Comparison of the files left by a power cut with the acknowledged writes."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from tests.powercut.writes import Kind, LogEntry, RowWrite

DATABASE = "portal.db"
DOCUMENTS = "documents"
FIELD = "communication"
"""Field that every save changes."""
RAM_DISK = Path("/dev/shm")


@dataclass
class Rows:
    """Database rows affected by the logged writes, with hashes of their content."""

    documents: dict[UUID, str]
    keys: dict[UUID, str]
    """Store key of each document."""
    answers: dict[UUID, str]
    saves: set[UUID]
    submissions: dict[UUID, str]


@dataclass
class Findings:
    """Findings for one image."""

    checked_count: int = 0
    lost: list[str] = field(default_factory=list)
    database: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """List all findings."""
        return self.database + self.lost + self.documents


class Ledger:
    """Writes sent and acknowledged up to a point in the recording."""

    def __init__(self) -> None:
        self._sent: set[tuple[Kind, UUID]] = set()
        self._acknowledged: list[RowWrite] = []
        self._answers: dict[UUID, list[str]] = defaultdict(list)

    def add(self, entry: LogEntry) -> None:
        """Add a log entry."""
        write = entry.write
        if entry.acknowledged:
            self._acknowledged.append(write)
        else:
            self._sent.add((write.kind, write.id))
        if write.kind is Kind.SAVE and write.submission is not None:
            if entry.acknowledged:
                # Older answers are no longer allowed.
                self._answers[write.submission] = [write.sha256]
            elif write.submission in self._answers:
                self._answers[write.submission].append(write.sha256)

    def check(self, files: Mapping[str, bytes]) -> Findings:
        """Compare the files left by a power cut with the writes acknowledged before it."""
        findings = Findings(checked_count=len(self._acknowledged))
        try:
            rows = read_rows(files)
        except (sqlite3.Error, ValueError) as error:
            findings.database.append(f"The database does not open: {error}")
            findings.lost += [f"{write.kind} {write.id}" for write in self._acknowledged]
            return findings
        for write in self._acknowledged:
            if not self._is_stored(write, rows):
                findings.lost.append(f"{write.kind} {write.id}")
        for submission, allowed_digests in self._answers.items():
            if rows.answers.get(submission, hash_text(None)) not in allowed_digests:
                findings.lost.append(f"the newest answer of submission {submission}")
        findings.documents += _damaged_documents(rows, files)
        return findings

    def _is_stored(self, write: RowWrite, rows: Rows) -> bool:
        match write.kind:
            case Kind.SAVE:
                return write.id in rows.saves
            case Kind.SUBMISSION:
                return rows.submissions.get(write.id) == write.sha256
            case Kind.REMOVAL:
                return write.id not in rows.documents
            case Kind.UPLOAD:
                removal_sent = (Kind.REMOVAL, write.id) in self._sent
                stored_digest = rows.documents.get(write.id)
                return stored_digest == write.sha256 or (removal_sent and stored_digest is None)


def read_rows(files: Mapping[str, bytes]) -> Rows:
    """Read the database in an image.

    Raises sqlite3.Error if it does not open, and ValueError if it is missing or damaged.
    """
    if DATABASE not in files:
        raise ValueError("the file is missing")
    with TemporaryDirectory(dir=RAM_DISK if RAM_DISK.is_dir() else None) as folder:
        for path, content in files.items():
            if path.startswith(DATABASE):
                (Path(folder) / path).write_bytes(content)
        with closing(sqlite3.connect(Path(folder) / DATABASE)) as database:
            _require_intact(database)
            return Rows(
                documents={
                    UUID(id): digest
                    for id, digest in database.execute("SELECT id, sha256 FROM document")
                },
                keys={
                    UUID(id): key for id, key in database.execute("SELECT id, key FROM document")
                },
                answers={
                    UUID(id): hash_text(answer)
                    for id, answer in database.execute(
                        "SELECT submission_id, json_extract(answer, '$') FROM answer"
                        " WHERE field = ?",
                        [FIELD],
                    )
                },
                saves={UUID(id) for (id,) in database.execute("SELECT id FROM save")},
                submissions={
                    UUID(id): hash_text(answer)
                    for id, answer in database.execute(
                        "SELECT id, json_extract(answers, ?) FROM submission_version",
                        [f"$.{FIELD}"],
                    )
                },
            )


def _require_intact(database: sqlite3.Connection) -> None:
    for pragma in ("integrity_check", "foreign_key_check"):
        rows = database.execute(f"PRAGMA {pragma}").fetchall()
        if rows not in ([], [("ok",)]):
            raise ValueError(f"{pragma}: {rows[:3]}")


def _damaged_documents(rows: Rows, files: Mapping[str, bytes]) -> Iterator[str]:
    """Describe documents with missing or torn bytes, whether acknowledged or not."""
    for id, digest in rows.documents.items():
        content = files.get(f"{DOCUMENTS}/{rows.keys[id]}")
        if content is None:
            yield f"The bytes of document {id} are missing"
        elif _hash(content) != digest:
            yield f"The bytes of document {id} are torn"


def hash_text(text: str | None) -> str:
    """Return the SHA-256 of an answer; None counts as empty."""
    return _hash((text or "").encode())


@lru_cache(maxsize=4096)
def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
