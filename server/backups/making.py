"""Making a backup while the portal is used, and deleting old ones."""

import asyncio
import hashlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from obstore.exceptions import BaseError
from obstore.store import LocalStore
from sqlmodel import Session, col, select

from server.backups.archive import (
    DATABASE,
    PRIVATE_FILE,
    Manifest,
    Writer,
    document_member,
    encrypt,
)
from server.backups.databases import Facts, take_snapshot
from server.core.backup_runs import BackupRun, Outcome, RunKind, lease_run
from server.core.database import Services
from server.core.keys import Purpose
from server.core.seals import Sealing
from server.core.secret_key import current_key
from server.core.storage import make_folder, sync

NAME = re.compile(r"portal-(\d{8}T\d{12})Z\.tar(\.age)?")
TIME_FORMAT = "%Y%m%dT%H%M%S%f"
UNFINISHED = ".portal-*.part"


class BackupFailed(Exception):
    """A backup that can't be written; the message says why, and what to do."""


@dataclass(frozen=True)
class BackupFile:
    """A backup in its folder."""

    path: Path
    made_at: datetime

    @property
    def is_encrypted(self) -> bool:
        """Whether it is encrypted."""
        return self.path.suffix == ".age"


@dataclass(frozen=True)
class Made:
    """A backup that was made, and the keys of documents that are missing in it."""

    path: Path
    bytes: int
    missing: list[str]
    deleted: int
    """Number of old backups that were deleted."""


def list_backups(folder: Path) -> list[BackupFile]:
    """Return the backups of a folder, oldest first."""
    names = ((path, NAME.fullmatch(path.name)) for path in folder.glob("portal-*"))
    files = [
        BackupFile(path, datetime.strptime(match[1], TIME_FORMAT).replace(tzinfo=UTC))
        for path, match in names
        if match
    ]
    return sorted(files, key=lambda file: file.made_at)


def make_backup(services: Services, folder: Path, keep_days: int) -> Made:
    """Write a backup to a new file of a folder, and delete older ones.

    Raises BackupFailed, DatabaseFailed, RunBusy.
    """
    # After a server has stopped, its last entries would look as if they had been added later.
    asyncio.run(Sealing(services).seal())
    with lease_run(services, RunKind.BACKUP) as run:
        recipient = services.settings.backup_recipient
        name = f"portal-{run.started_at:{TIME_FORMAT}}Z.tar{'.age' if recipient else ''}"
        with (
            _new_file(folder, name) as file,
            encrypt(file, recipient) if recipient else nullcontext(file) as plain,
        ):
            missing = _write(services, run, plain)
        run.bytes = (folder / name).stat().st_size
        run.outcome = Outcome.INCOMPLETE if missing else Outcome.DONE
    deleted = _delete_old(services, folder, services.clock() - timedelta(days=keep_days))
    return Made(folder / name, run.bytes, missing, deleted)


@contextmanager
def _new_file(folder: Path, name: str) -> Iterator[IO[bytes]]:
    """Yield a private file that gets its name once it is complete and durable."""
    unfinished = folder / f".{name}.part"
    try:
        make_folder(folder)
        for left in folder.glob(UNFINISHED):  # of a backup that was killed
            left.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(folder / name)
            sync(folder)
        except BaseException:  # also when interrupted: no part of a backup is left
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BackupFailed(
            f"The backup can't be written to {folder}: {error.strerror or error}. Nothing was "
            "kept of it, and the backups before are still there. Free space, or name another "
            "folder with --to."
        ) from None


def _write(services: Services, run: BackupRun, file: IO[bytes]) -> list[str]:
    """Write the members of a backup, and return the keys of missing documents."""
    writer = Writer(file, run.started_at)
    with take_snapshot(services.engine, services.settings.data.absolute()) as (copy, facts):
        writer.add(DATABASE, copy, copy.seek(0, os.SEEK_END) - copy.seek(0))
    missing = [
        key
        for key, sha256 in facts.documents.items()
        if not _add_document(services, writer, key, sha256)
    ]
    manifest = _describe(services, run, facts, missing)
    writer.finish(manifest, lambda text: services.keys.digest(Purpose.BACKUP, text))
    return missing


def _add_document(services: Services, writer: Writer, key: str, sha256: str) -> bool:
    """Write a document, and return whether it is in the store and undamaged."""
    try:
        # A document has at most 10 MiB.
        content = memoryview(services.store.get(key).bytes()).tobytes()
    except FileNotFoundError:
        return False
    except (BaseError, OSError) as error:
        if isinstance(services.store, LocalStore):  # a damaged disk needs a backup more than ever
            return False
        raise BackupFailed(
            f"The document store can't be read: {type(error).__name__}. No backup was made."
        ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        return False
    writer.add(document_member(key), io.BytesIO(content), len(content))
    return True


def _describe(services: Services, run: BackupRun, facts: Facts, missing: list[str]) -> Manifest:
    with Session(services.engine.execution_options(writes=False)) as session:
        key = current_key(session)
    return Manifest(
        made_at=run.started_at,
        run=run.id,
        secret_key=key.check if key else services.keys.check,
        dialect="sqlite" if services.engine.name == "sqlite" else "postgresql",
        revision=facts.revision,
        rows=facts.rows,
        missing=missing,
    )


def _delete_old(services: Services, folder: Path, before: datetime) -> int:
    """Delete older backups but the newest and the newest complete one; return their number.

    Nothing is deleted if none is known to be complete.
    """
    with services.transaction(writes=False) as tx:
        done = col(BackupRun.outcome) == Outcome.DONE
        complete = set(tx.session.exec(select(BackupRun.started_at).where(done)))
    files = list_backups(folder)
    newest_complete = [file for file in files if file.made_at in complete][-1:]
    if not newest_complete:
        return 0
    old = [file for file in files[:-1] if file.made_at < before and file not in newest_complete]
    for file in old:
        file.path.unlink(missing_ok=True)
    return len(old)
