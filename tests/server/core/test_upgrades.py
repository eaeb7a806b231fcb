"""Upgrades from every revision and back, with rows in every table.

Rows are generated from the schema as it was. `test_migrate.py` tests how migrations convert data.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, delete, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from server.core import migrate
from server.core.database import open_database
from tests.server.core.sample_rows import Rows, insert_sample_rows, read_rows, reflect

pytestmark = pytest.mark.both_databases

REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()))
]
HEAD = REVISIONS[-1]
CONTRACTIONS = {"0003", "0009", "0014", "0017", "0019"}
"""Migrations that drop something; from 0026 on, only what the version before no longer uses."""
ERASABLE_FROM = "0035"
"""From here on, the version before can erase: new rows that refer to its rows go with them."""
NEVER_ERASED = ("account", "audit_", "save_run")
"""What the names of tables begin with whose rows erasure leaves."""
SKIPPED = [
    revision if index % 16 == 0 else pytest.param(revision, marks=pytest.mark.slow)
    for index, revision in enumerate(REVISIONS[:-1])
]
"""Each start runs all later migrations in one transaction; the suite takes every 16th."""
CONVERTED = {
    ("registration", "body_digest"),  # 0005 clears it
    ("audit_event", "times"),  # 0017 moves both to save_run
    ("audit_event", "last_at"),
    ("advice_request", "excused"),  # 0014 drops it, as nothing used it
    ("work_details", "organisation_folded"),  # the downgrade of 0019 computes it from the name
    ("consultation", "organisation_id"),  # that of 0041 adds what a typed setting needs
    ("person", "found_by"),  # that of 0003 lists the same words in another order
}
"""Columns whose values a migration changes."""
DROPPED_ON_DOWNGRADE = {"tries", "publication_reader", "session", "email_code"}
"""Tables with rows that only a newer version understands, and that its downgrade deletes."""


def find_losses(before: Rows, after: Rows, *, ignored_tables: Collection[str] = ()) -> list[str]:
    """List the rows that are missing, or differ in a column that both schemas have."""
    losses = []
    for table in (before.keys() & after.keys()).difference(ignored_tables):
        for key, row in before[table].items():
            kept = after[table].get(key)
            if kept is None:
                losses.append(f"{table} {key}: lost")
                continue
            losses += [
                f"{table} {key}: {name} was {row[name]!r} and is {kept[name]!r}"
                for name in row.keys() & kept.keys()
                if (table, name) not in CONVERTED and row[name] != kept[name]
            ]
    return losses


@pytest.fixture
def database(empty_database: str) -> Iterator[Engine]:
    """Database without a schema."""
    engine = open_database(empty_database)
    yield engine
    engine.dispose()


def read(connection: Connection, metadata: MetaData) -> Rows:
    """Return all rows; fail if one refers to a missing row."""
    if connection.dialect.name == "sqlite":  # PostgreSQL checks foreign keys by itself
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    return read_rows(connection, metadata)


def works_with(connection: Connection, older: MetaData) -> bool:
    """Whether the statements of an older schema, without new columns, work with this one."""
    attempt = connection.begin_nested()
    try:
        insert_sample_rows(connection, older)
        read_rows(connection, older)
    except DBAPIError:
        return False
    finally:
        attempt.rollback()
    return True


def erase_with(connection: Connection, older: MetaData) -> None:
    """Delete what can be erased as a version does that knows only an older schema; roll back."""
    attempt = connection.begin_nested()
    for table in reversed(older.sorted_tables):
        if not table.name.startswith(NEVER_ERASED):
            connection.execute(delete(table))
    attempt.rollback()


class State(NamedTuple):
    """A database at a revision; `oldest` is the first whose version can be started on it."""

    metadata: MetaData
    rows: Rows
    oldest: str | None


def read_oldest(connection: Connection) -> str | None:
    """Return the oldest revision that a schema supports, or None if it says nothing."""
    if not inspect(connection).has_table("oldest_revision"):
        return None
    return str(connection.scalars(text("SELECT revision FROM oldest_revision")).one())


def climb(engine: Engine, revisions: Sequence[str]) -> dict[str, State]:
    """Upgrade revision by revision, adding rows to each table at each.

    Returns the state at each revision. Fails if a migration loses rows, breaks servers of the
    version before that still run, or claims to support a version that it breaks.
    """
    rows: Rows = {}
    older: MetaData | None = None
    states: dict[str, State] = {}
    for revision in revisions:
        migrate.upgrade(engine, revision)
        with engine.begin() as connection:
            metadata = reflect(connection)
            assert find_losses(rows, read(connection, metadata)) == [], revision
            if older is not None:
                assert works_with(connection, older) is (revision not in CONTRACTIONS), revision
            insert_sample_rows(connection, metadata)
            if older is not None and revision >= ERASABLE_FROM:
                erase_with(connection, older)
            rows = read(connection, metadata)
            states[revision] = State(metadata, rows, read_oldest(connection))
            if (oldest := states[revision].oldest) and oldest in states:
                assert works_with(connection, states[oldest].metadata), revision
        older = metadata
    return states


def test_rows_of_every_revision_survive_each_step_up_and_down(database: Engine) -> None:
    states = climb(database, REVISIONS)
    newer = states[HEAD].rows
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []
    for revision in reversed(REVISIONS[:-1]):
        metadata, rows, oldest = states[revision]
        migrate.downgrade(database, revision)
        with database.connect() as connection:
            fallen = read(connection, metadata)
            assert read_oldest(connection) == oldest
        assert find_losses(rows, fallen) == [], revision
        assert find_losses(newer, fallen, ignored_tables=DROPPED_ON_DOWNGRADE) == [], revision
        newer = fallen


@pytest.mark.parametrize("start", SKIPPED)
def test_rows_survive_an_upgrade_that_skips_versions_and_the_way_back(
    database: Engine, start: str
) -> None:
    [(metadata, rows, _)] = climb(database, [start]).values()
    migrate.upgrade(database)
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []
        assert find_losses(rows, read(connection, reflect(connection))) == []
    migrate.downgrade(database, start)
    with database.connect() as connection:
        assert find_losses(rows, read(connection, metadata)) == []
