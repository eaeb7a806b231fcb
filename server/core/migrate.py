"""Schema migrations: upgrade, downgrade and check a database."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

MIGRATIONS = Path(__file__).parents[1] / "migrations"
RESTORE_UNFINISHED = "restore_unfinished"
"""The table that a PostgreSQL database has until a restore is complete."""


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Upgrade a database to a revision, by default the newest, keeping its data."""
    config = _alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if engine.name == "postgresql":  # migrating a large table may exceed the timeout
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Downgrade a database to a revision."""
    config = _alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if engine.name == "postgresql":  # migrating a large table may exceed the timeout
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        command.downgrade(config, revision)


def is_up_to_date(engine: Engine) -> bool:
    """Whether a database is at the newest revision."""
    newest = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def is_known(revision: str) -> bool:
    """Whether this version of the portal has a revision."""
    script = ScriptDirectory.from_config(_alembic_config())
    return any(known.revision == revision for known in script.walk_revisions())


class RestoreUnfinished(Exception):
    """Raised if a restore was interrupted; the message says what to do."""


def require_restored(engine: Engine) -> None:
    """Raise RestoreUnfinished if a restore of this database has not been completed."""
    if inspect(engine).has_table(RESTORE_UNFINISHED):
        raise RestoreUnfinished(
            "A restore of this database was interrupted, or is running: it can't be used. Run "
            "`portal-server restore FILE --replace`."
        )
