"""Schema migrations: upgrade, downgrade and check a database."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parents[1] / "migrations"
_LOCK_KEY = 7_203_115
"""Key of PostgreSQL's advisory lock: one process migrates at a time."""


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Upgrade a database to a revision, by default the newest, keeping its data.

    Raises alembic's CommandError if a newer version has migrated it.
    """
    _run(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Downgrade a database to a revision.

    Raises alembic's CommandError if there is no such revision, and RuntimeError if data has no
    place in it.
    """
    _run(engine, command.downgrade, revision)


def _run(engine: Engine, work: Callable[[Config, str], None], revision: str) -> None:
    config = _alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if engine.name == "postgresql":
            # Migrating a large table may exceed the timeout.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            # Of several servers that migrate when they start, the others wait for the first.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
            connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")
        work(config, revision)


def newest_revision() -> str:
    """Return the revision that this version of the server needs."""
    return str(ScriptDirectory.from_config(_alembic_config()).get_current_head())


def is_up_to_date(engine: Engine) -> bool:
    """Whether a database is at the newest revision."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest_revision()
