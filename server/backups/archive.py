"""The file of a backup: a tar archive of the database, the documents and a manifest.

The manifest is the last but one member and has the SHA-256 of those before it. The last is its
keyed hash, so that a backup that was changed, or that another portal made, is recognised. With a
recipient the whole archive is encrypted by age, as a stream.
"""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import IO, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from pyrage import DecryptError, EncryptError, decrypt_io, encrypt_io, x25519

FORMAT = 1
DATABASE, MANIFEST, SEAL = "database", "manifest.json", "manifest.hmac"
DOCUMENT = re.compile(r"documents/([0-9a-f-]{36,60})")
CHUNK_BYTES = 256 * 1024
AGE_HEADER = b"age-encryption.org/"
PRIVATE_FILE = 0o600
DAMAGED = "it is damaged or incomplete"


class BadBackup(Exception):
    """A file that can't be restored; the message says why, as a clause."""


class Manifest(BaseModel):
    """What a backup holds, and when and of what it was made."""

    format: Literal[1] = 1  # FORMAT
    made_at: datetime
    run: UUID
    """The id of the backup in `backup_run`."""
    secret_key: str
    """The check value of the secret key that the database is used with."""
    dialect: Literal["sqlite", "postgresql"]
    revision: str
    """The newest migration of the database."""
    rows: dict[str, int]
    """Number of rows of each table."""
    members: dict[str, str] = {}
    """SHA-256 of each member before the manifest."""
    missing: list[str] = []
    """Keys of documents that were missing in the store, or damaged."""


def document_member(key: str) -> str:
    """Return the name of the member with a document's content."""
    return f"documents/{key}"


@dataclass
class Writer:
    """Writes the members of a backup to a file that need not be seekable."""

    file: IO[bytes]
    made_at: datetime
    members: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tar = tarfile.open(fileobj=self.file, mode="w|")  # noqa: SIM115 - `finish` closes it

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Write a member and note its SHA-256."""
        reader = _HashingReader(content)
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, PRIVATE_FILE
        member.mtime = int(self.made_at.timestamp())
        self._tar.addfile(member, reader)  # type: ignore[arg-type]  # tarfile only calls read()
        self.members[name] = reader.digest.hexdigest()

    def finish(self, manifest: Manifest, seal: Callable[[str], str]) -> None:
        """Write the manifest and its keyed hash, by `seal`, and the end of the archive."""
        text = manifest.model_copy(update={"members": dict(self.members)}).model_dump_json()
        for name, content in ((MANIFEST, text), (SEAL, seal(text))):
            self.add(name, io.BytesIO(content.encode()), len(content.encode()))
        self._tar.close()


class _HashingReader:
    """Reader that computes the SHA-256 of what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content


class MemberReader:
    """Reader of a member; raises BadBackup where the archive is damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or all."""
        try:
            return self._file.read(size)
        except tarfile.TarError:
            raise BadBackup(DAMAGED) from None


class _CountingReader:
    """Reader that counts what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self.count += len(content)
        return content


@dataclass(frozen=True)
class Archive:
    """The file of a backup, and the key to decrypt it."""

    path: Path
    identity: x25519.Identity | None = None

    def read(self) -> Iterator[tuple[str, MemberReader]]:
        """Yield the name and content of each member, in order; raises BadBackup, OSError."""
        with self._open() as file:
            reader = _CountingReader(file)
            try:
                with tarfile.open(fileobj=reader, mode="r|") as tar:  # type: ignore[call-overload]  # it only calls read()
                    for member in tar:
                        content = tar.extractfile(member) if member.isreg() else None
                        if content is None:
                            raise BadBackup("it holds something else than files")
                        yield member.name, MemberReader(content)
            except tarfile.TarError:
                raise BadBackup(DAMAGED) from None
            while rest := reader.read(CHUNK_BYTES):
                if rest.strip(b"\0"):
                    raise BadBackup("it is damaged or incomplete: there is something after its end")
            if reader.count % tarfile.RECORDSIZE:
                raise BadBackup(DAMAGED)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        with self.path.open("rb") as file:
            is_encrypted = file.read(len(AGE_HEADER)) == AGE_HEADER
            file.seek(0)
            if not is_encrypted:
                yield file
            elif self.identity is None:
                raise BadBackup(
                    "it is encrypted: name the file of the age identity with --identity"
                )
            else:
                with _decrypt(file, self.identity) as decrypted:
                    yield decrypted


@contextmanager
def encrypt(file: IO[bytes], recipient: str) -> Iterator[IO[bytes]]:
    """Yield a file whose content is encrypted into another one; raises OSError."""
    public_key = x25519.Recipient.from_str(recipient)
    source, sink = os.pipe()
    errors: list[Exception] = []

    def run() -> None:
        with os.fdopen(source, "rb") as reader:
            try:
                encrypt_io(reader, file, [public_key])
            except (EncryptError, OSError) as error:
                errors.append(error)

    thread = Thread(target=run)
    thread.start()
    try:
        with os.fdopen(sink, "wb") as writer:
            yield writer
    except BrokenPipeError:  # the error of the thread says why
        pass
    finally:
        thread.join()
    if errors:
        raise OSError(str(errors[0]))


@contextmanager
def _decrypt(file: IO[bytes], identity: x25519.Identity) -> Iterator[IO[bytes]]:
    """Yield the decrypted content of a file; raises BadBackup."""
    source, sink = os.pipe()
    errors: list[Exception] = []

    def run() -> None:
        try:
            with os.fdopen(sink, "wb") as writer:
                decrypt_io(file, writer, [identity])
        except (DecryptError, OSError) as error:  # OSError also if nobody reads on
            errors.append(error)

    thread = Thread(target=run)
    thread.start()
    try:
        with os.fdopen(source, "rb") as reader:
            yield reader
    finally:
        thread.join()
        if errors and "No matching keys" in str(errors[0]):
            raise BadBackup("it is encrypted for another identity")
    if errors:
        raise BadBackup(DAMAGED)


def check_archive(
    archive: Archive, database: IO[bytes], is_sealed: Callable[[str, str, str], bool]
) -> Manifest:
    """Read a whole backup, copy its database to a file and return its manifest.

    `is_sealed` says whether a manifest has a keyed hash, and gets the check value of its key first.
    Raises BadBackup, OSError.
    """
    hashes: dict[str, str] = {}
    last: dict[str, bytes] = {}
    for name, content in archive.read():
        if name in hashes or name in last or SEAL in last:
            raise BadBackup(DAMAGED)
        if name in (MANIFEST, SEAL):
            last[name] = content.read()
        elif name == DATABASE or DOCUMENT.fullmatch(name):
            hashes[name] = _copy(content, database if name == DATABASE else None)
        else:
            raise BadBackup(f"it holds {name!r}, which no backup of the portal does")
    if not last:
        raise BadBackup(DAMAGED if hashes else "it is no backup of the portal")
    text = _decode(last.get(MANIFEST, b""))
    manifest = _parse(text)
    if not is_sealed(manifest.secret_key, text, _decode(last.get(SEAL, b""))):
        raise BadBackup(DAMAGED)
    if manifest.members != hashes or DATABASE not in hashes:
        raise BadBackup(DAMAGED)
    return manifest


def _copy(content: MemberReader, target: IO[bytes] | None) -> str:
    """Read a member, copy it to a file if there is one, and return its SHA-256."""
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise BadBackup(DAMAGED) from None


def _parse(text: str) -> Manifest:
    try:
        raw = from_json(text)
    except ValueError:
        raise BadBackup(DAMAGED) from None
    format = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(format, int) and format > FORMAT:
        raise BadBackup("a newer version of the portal made it: install that version")
    try:
        return Manifest.model_validate(raw)
    except ValidationError:
        raise BadBackup(DAMAGED) from None
