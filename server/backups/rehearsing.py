"""Rehearsing a restore: elsewhere, with every check, and without a trace."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager

from obstore.exceptions import BaseError
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col, select

from server.app import open_services
from server.backups.archive import Archive, Manifest
from server.backups.databases import DatabaseFailed, begin_postgresql
from server.backups.existing import Existing
from server.backups.restoring import check_backup, restore
from server.core.backup_runs import Outcome, RunKind, lease_run
from server.core.database import Services
from server.core.settings import Settings
from server.documents.tables import Document

FOLDER = "rehearsal"
DATABASE_SUFFIX = "_rehearsal"
NO_DATABASE = (
    "The database {name} can't be made for the rehearsal: {error}. Set PORTAL_DATABASE_URL to a "
    "role that may create databases (CREATEDB)."
)


class RehearsalFailed(Exception):
    """A backup that could not be restored without problems; the message names them."""


def rehearse(services: Services, archive: Archive) -> Manifest:
    """Restore a backup elsewhere, check it, and record the result.

    Raises RehearsalFailed, BadBackup, WrongSecretKey, DatabaseFailed, RunBusy.
    """
    with lease_run(services, RunKind.REHEARSAL) as run, _elsewhere(services.settings) as settings:
        run.bytes = archive.path.stat().st_size
        with check_backup(settings, archive) as backup:
            problems = restore(settings, backup, Existing())
        problems += _check(settings, set(backup.manifest.missing))
        if problems:
            raise RehearsalFailed("\n".join(problems))
        run.outcome = Outcome.INCOMPLETE if backup.manifest.missing else Outcome.DONE
    return backup.manifest


@contextmanager
def _elsewhere(settings: Settings) -> Iterator[Settings]:
    """Yield settings of an empty database and store, which are deleted in the end."""
    folder = settings.data.absolute() / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of a rehearsal that was killed
    changes = {"data": folder, "documents_url": "", "database_url": ""}
    try:
        if settings.database.startswith("sqlite"):
            yield settings.model_copy(update=changes)
        else:
            with _temporary_database(settings.database) as url:
                yield settings.model_copy(update={**changes, "database_url": url})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _temporary_database(url: str) -> Iterator[str]:
    """Yield the URL of an empty database on the same server; its role needs CREATEDB."""
    name = f"{make_url(url).database}{DATABASE_SUFFIX}"
    with begin_postgresql(url, autocommit=True) as connection:
        quoted = connection.dialect.identifier_preparer.quote(name)
        try:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {quoted} TEMPLATE template0")
        except ProgrammingError as error:
            raise DatabaseFailed(NO_DATABASE.format(name=name, error=error.orig)) from None
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {quoted} WITH (FORCE)")


def _check(settings: Settings, missing: set[str]) -> list[str]:
    """Return what is wrong with a restored database and its documents."""
    with closing(open_services(settings)) as services:
        return [*_check_database(services), *_check_documents(services, missing)]


def _check_database(services: Services) -> Iterator[str]:
    if services.engine.name != "sqlite":  # PostgreSQL checks what it loads
        return
    with services.engine.execution_options(writes=False).connect() as connection:
        for row in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if row != "ok":
                yield f"The database is damaged: {row}."
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"The table {row[0]} refers to a row of {row[2]} that is missing."


def _check_documents(services: Services, missing: set[str]) -> Iterator[str]:
    with services.transaction(writes=False) as tx:
        query = select(Document.key, Document.sha256).order_by(col(Document.key))
        documents = tx.session.exec(query).all()
    for key, sha256 in documents:
        if key in missing:
            continue
        try:
            content = services.store.get(key).bytes()
        except (BaseError, OSError):
            yield f"Document {key} is missing."
            continue
        if hashlib.sha256(memoryview(content)).hexdigest() != sha256:
            yield f"Document {key} is damaged."
