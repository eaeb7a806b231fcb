"""Restoring a backup: everything is checked first, and the database is put in place last."""

import asyncio
import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from obstore.exceptions import BaseError
from obstore.store import ObjectStore
from sqlalchemy.exc import DatabaseError
from sqlmodel import col, delete, update

from server.accounts.tables import StoredSession
from server.app import open_services
from server.backups.archive import DOCUMENT, Archive, BadBackup, Manifest, check_archive
from server.backups.databases import Facts, load_snapshot, read_facts, require_unused
from server.backups.existing import Existing
from server.core import migrate
from server.core.audit import Action, record
from server.core.backup_runs import BackupRun, Outcome
from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.seals import Sealing
from server.core.secret_key import WRONG_KEY, WrongSecretKey, keys_of, order_keys
from server.core.settings import Settings
from server.core.storage import delete_all, make_folder, open_store, put_durably
from server.core.verification import verify
from server.documents.tables import UnreferencedKey


class RestoreFailed(Exception):
    """A restore that could not be completed; the message says why."""


@dataclass(frozen=True)
class Checked:
    """A backup that was read completely and is undamaged, with a copy of its database."""

    archive: Archive
    manifest: Manifest
    database: IO[bytes]
    key_lost: bool = False
    """Whether it is restored without the secret key that it was made with."""


@contextmanager
def check_backup(
    settings: Settings, archive: Archive, *, key_lost: bool = False
) -> Iterator[Checked]:
    """Yield a backup if it is undamaged and can be restored with these settings.

    If its secret key is lost, nothing shows that the portal made it. Raises BadBackup,
    WrongSecretKey, OSError.
    """
    keys = keys_of(settings)

    def is_sealed(check: str, text: str, seal: str) -> bool:
        if key_lost:
            return True
        if keys.with_first(check) is None:
            raise WrongSecretKey(WRONG_KEY)
        return keys.matches(Purpose.BACKUP, text, seal)

    folder = settings.data.absolute()
    make_folder(folder)
    with tempfile.TemporaryFile(dir=folder) as database:
        manifest = check_archive(archive, database, is_sealed)
        if not settings.database.startswith(manifest.dialect):
            raise BadBackup(f"it is of {manifest.dialect}, and PORTAL_DATABASE_URL is of another")
        if not migrate.is_known(manifest.revision):
            raise BadBackup("a newer version of the portal made it: install that version")
        yield Checked(archive, manifest, database, key_lost)


def restore(settings: Settings, backup: Checked, existing: Existing) -> list[str]:
    """Restore a backup in place of what exists, and return the problems of the audit log.

    After an error, what existed is still there. Raises RestoreFailed, DatabaseFailed, BadBackup.
    """
    require_unused(settings.database)
    store = open_store(settings.documents)
    stored: list[str] = []
    try:
        with load_snapshot(settings.database, backup.database) as url:
            loaded = settings.model_copy(update={"database_url": url})
            with closing(open_services(loaded)) as services:
                problems = _prepare(services, backup, existing)
            for key in _put_documents(store, backup):
                stored.append(key)
    except (BaseError, OSError) as error:
        _delete_stored(store, stored, existing)
        reason = str(error).split("\n")[0].rstrip(".")  # the store's errors go on for lines
        raise RestoreFailed(f"The backup can't be stored: {reason}.") from None
    except BaseException:  # also when interrupted: nothing is left in the store
        _delete_stored(store, stored, existing)
        raise
    return problems


def _prepare(services: Services, backup: Checked, existing: Existing) -> list[str]:
    """Check a loaded database, migrate it and make it ready to be used."""
    manifest = backup.manifest
    try:
        with services.engine.connect() as connection:
            _check_facts(read_facts(connection), manifest)
    except DatabaseError as error:
        raise BadBackup(f"its database can't be read ({error.orig})") from None
    migrate.upgrade(services.engine)
    problems = [] if backup.key_lost else _check_audit_log(services)
    with services.transaction() as tx:
        # Sessions that were ended since the backup would be valid again.
        tx.session.exec(delete(StoredSession))
        tx.session.exec(
            update(BackupRun)
            .where(col(BackupRun.id) == manifest.run)
            .values(
                finished_at=manifest.made_at,
                outcome=Outcome.INCOMPLETE if manifest.missing else Outcome.DONE,
                bytes=backup.archive.path.stat().st_size,
            )
        )
        _leave_to_sweep(tx, existing.keys)
        record(tx, Action.BACKUP_RESTORED, subject=manifest.run)
    return problems


def _check_audit_log(services: Services) -> list[str]:
    """Return the problems of the log, and seal what was not sealed yet; raises WrongSecretKey."""
    with services.transaction(writes=False) as tx:
        order_keys(tx.session, services.keys)
        problems = verify(tx)
    asyncio.run(Sealing(services).seal())
    return problems


def _check_facts(facts: Facts, manifest: Manifest) -> None:
    """Raise BadBackup if a database is not the one of the manifest."""
    names = {DOCUMENT.fullmatch(name): sha256 for name, sha256 in manifest.members.items()}
    documents = {match[1]: sha256 for match, sha256 in names.items() if match}
    is_complete = facts.documents.keys() - documents.keys() == set(manifest.missing)
    if (facts.revision, facts.rows) != (manifest.revision, manifest.rows) or not is_complete:
        raise BadBackup("its database is not the one that it was made of")
    if any(facts.documents.get(key) != sha256 for key, sha256 in documents.items()):
        raise BadBackup("its documents are not those of its database")


def _leave_to_sweep(tx: Transaction, keys: set[str]) -> None:
    """Leave the content of replaced documents to the sweep."""
    known = read_facts(tx.connection).documents.keys()
    for key in keys - known:
        tx.session.merge(UnreferencedKey(key=key, since=tx.now, uploading=False))


def _put_documents(store: ObjectStore, backup: Checked) -> Iterator[str]:
    """Store the documents of a backup durably, and yield the key of each."""
    for name, content in backup.archive.read():
        match = DOCUMENT.fullmatch(name)
        if match is None:
            continue
        document = content.read()
        if hashlib.sha256(document).hexdigest() != backup.manifest.members.get(name):
            raise BadBackup("it was changed while it was read")
        yield match[1]
        put_durably(store, match[1], io.BytesIO(document))


def _delete_stored(store: ObjectStore, keys: list[str], existing: Existing) -> None:
    for key in keys:
        if key not in existing.stored:
            with suppress(BaseError, OSError):
                delete_all(store, key)
