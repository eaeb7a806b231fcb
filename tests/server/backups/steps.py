"""Helpers for backups: make one, and compare what was restored with what there was."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select
from sqlmodel import SQLModel

from server import cli
from server.app import open_services
from server.backups.making import list_backups
from server.core.settings import Settings
from server.documents.tables import Document
from tests.server.steps import rows

LEFT_OUT = {"session", "backup_run", "unreferenced_key"}
ADDED_TO = {"audit_event", "audit_seal", "audit_head"}


def make_backup(folder: Path, *options: str) -> Path:
    """Make a backup by the command, and return its file."""
    assert cli.main(["backup", "--to", str(folder), *options]) == 0
    return list_backups(folder)[-1].path


def read_tables(settings: Settings) -> dict[str, set[str]]:
    """Return every row of every table, as text."""
    with closing(open_services(settings)) as services, services.transaction(writes=False) as tx:
        return {
            table.name: {str(tuple(row)) for row in tx.session.execute(select(table))}
            for table in SQLModel.metadata.sorted_tables
        }


def assert_restored(
    settings: Settings, elsewhere: Settings, *, changed: set[str] | None = None
) -> None:
    """Assert that all rows and documents are there; a restore adds entries to the audit log.

    The tables `changed` are different in the version of the backup.
    """
    restored = read_tables(elsewhere)
    for name, rows_before in read_tables(settings).items():
        if name in ADDED_TO:
            assert restored[name] >= rows_before, name
        elif name not in LEFT_OUT | (changed or set()):
            assert restored[name] == rows_before, name
    assert read_documents(elsewhere) == read_documents(settings)


def read_documents(settings: Settings) -> dict[str, bytes]:
    """Return the content of each document that the database names, by key."""
    with closing(open_services(settings)) as services:
        return {
            row.key: memoryview(services.store.get(row.key).bytes()).tobytes()
            for row in rows(services, Document)
        }
