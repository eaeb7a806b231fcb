"""What is in the database and the document store that a backup is restored into."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel, col

from server.accounts.tables import Account
from server.backups.databases import BEFORE_RESTORE
from server.core.database import open_database, sqlite_file, table_of
from server.core.settings import Settings
from server.core.storage import open_store
from server.documents.tables import Document, UnreferencedKey
from server.people.tables import Person
from server.records.tables import Erasure

COUNTED: dict[str, type[SQLModel]] = {
    "accounts": Account,
    "children": Person,
    "documents": Document,
}


@dataclass
class Existing:
    """What a restore would replace."""

    parts: list[str] = field(default_factory=list)
    """Words for what is there; none if nothing is."""
    keys: set[str] = field(default_factory=set)
    """Keys of documents that the database names."""
    stored: set[str] = field(default_factory=set)
    """Keys of what is in the store, also if no database names them."""
    erasures: list[tuple[datetime, UUID]] = field(default_factory=list)
    """When each child or account was erased, and its id."""

    def __str__(self) -> str:
        return ", ".join(self.parts)


def find_existing(settings: Settings) -> Existing:
    """Return what a restore with these settings would replace; raises BaseError of the store."""
    existing = Existing()
    if _has_database(settings.database):
        engine = open_database(settings.database)
        try:
            with engine.execution_options(writes=False).connect() as connection:
                _read(connection, existing)
        except DatabaseError as error:
            if engine.name != "sqlite":
                raise
            existing.parts.append(f"a database that can't be read ({error.orig})")
        finally:
            engine.dispose()
    for batch in open_store(settings.documents).list():
        existing.stored.update(entry["path"] for entry in batch)
    if existing.stored:
        existing.parts.append("files in the document store")
    return existing


def _has_database(url: str) -> bool:
    file = sqlite_file(url)
    return file is None or (file.exists() and file.stat().st_size > 0)


def _read(connection: Connection, existing: Existing) -> None:
    inspector = sa.inspect(connection)
    names = set(inspector.get_table_names())
    for words, model in COUNTED.items():
        if model.__tablename__ in names:
            count = connection.scalar(sa.select(sa.func.count()).select_from(table_of(model)))
            existing.parts += [f"{words}: {count}"] if count else []
    if names and Account.__tablename__ not in names:
        existing.parts.append("tables that are not the portal's, or not complete")
    if connection.dialect.name == "postgresql" and inspector.has_schema(BEFORE_RESTORE):
        existing.parts.append("a restore that was interrupted")
        _read_keys(connection, existing, BEFORE_RESTORE)
    _read_keys(connection, existing)
    if Erasure.__tablename__ in names:
        rows = connection.execute(sa.select(col(Erasure.at), col(Erasure.subject_id)))
        existing.erasures += [(row.at, row.subject_id) for row in rows]


def _read_keys(connection: Connection, existing: Existing, schema: str | None = None) -> None:
    names = sa.inspect(connection).get_table_names(schema=schema)
    for name in {str(Document.__tablename__), str(UnreferencedKey.__tablename__)} & set(names):
        table = sa.table(name, sa.column("key"), schema=schema)
        existing.keys.update(connection.execute(sa.select(table.c.key)).scalars())
