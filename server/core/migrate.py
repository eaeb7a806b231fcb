"""Schema migrations: upgrade, downgrade and check a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

MIGRATIONS = Path(__file__).parents[1] / "migrations"
LOCK = 0x706F7274616C  # "portal"
"""PostgreSQL's advisory lock of migrations."""
RESTORE_UNFINISHED = "restore_unfinished"
"""The table that a PostgreSQL database has until a restore is complete."""


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@contextmanager
def _migrating(engine: Engine) -> Iterator[tuple[Config, Connection]]:
    """Open the transaction of a migration, once no other server migrates."""
    config = _alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if engine.name == "postgresql":
            # Migrating a large table, here or by the server before, may exceed the timeouts.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
        yield config, connection


def upgrade(engine: Engine, revision: str = "head") -> str | None:
    """Upgrade a database to a revision, keeping its data, and return the one before."""
    with _migrating(engine) as (config, connection):
        before = _read_revision(connection)
        command.upgrade(config, revision)
    return before


def downgrade(engine: Engine, revision: str) -> str | None:
    """Downgrade a database to a revision, and return the one before.

    Raises RuntimeError if data has no place in it.
    """
    with _migrating(engine) as (config, connection):
        before = _read_revision(connection)
        command.downgrade(config, revision)
    return before


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def current_revision(engine: Engine) -> str | None:
    """Return the revision of a database, or None if it is empty."""
    with engine.execution_options(writes=False).connect() as connection:
        return _read_revision(connection)


def list_revisions() -> list[tuple[str, str]]:
    """List all revisions and what they do, oldest first."""
    scripts = ScriptDirectory.from_config(_alembic_config()).walk_revisions()
    return [(script.revision, script.doc) for script in scripts][::-1]


def is_newer(engine: Engine) -> bool:
    """Whether a database is at a revision of a newer version of the portal."""
    revision = current_revision(engine)
    return revision is not None and not is_known(revision)


def is_up_to_date(engine: Engine) -> bool:
    """Whether a database is at the newest revision."""
    newest = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    return current_revision(engine) == newest


def is_known(revision: str) -> bool:
    """Whether this version of the portal has a revision."""
    return revision in dict(list_revisions())


class RestoreUnfinished(Exception):
    """Raised if a restore was interrupted; the message says what to do."""


def require_restored(engine: Engine) -> None:
    """Raise RestoreUnfinished if a restore of this database has not been completed."""
    if inspect(engine).has_table(RESTORE_UNFINISHED):
        raise RestoreUnfinished(
            "A restore of this database was interrupted, or is running: it can't be used. Run "
            "`portal-server restore FILE --replace`."
        )
