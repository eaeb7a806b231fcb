"""Schema migrations: upgrade, downgrade and check a database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import sleep

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import OperationalError
from sqlmodel import Field, SQLModel, select

MIGRATIONS = Path(__file__).parents[1] / "migrations"
LOCK = 0x706F7274616C  # "portal"
"""PostgreSQL's advisory lock of migrations."""
BUSY = {"40P01", "55P03"}
"""PostgreSQL's codes for a deadlock, and for a lock that was not to be had in time."""
ATTEMPTS = 10
PAUSE_SECONDS = 1
"""Seconds between attempts, in which requests go on that waited behind a migration."""
RESTORE_UNFINISHED = "restore_unfinished"
"""The table that a PostgreSQL database has until a restore is complete."""

ListSteps = Callable[[str, str], list[RevisionStep]]
"""Lists the migrations that lead to a revision from the one that a database is at."""


class OldestRevision(SQLModel, table=True):
    """The one row that says which versions work with the schema: those from this revision on."""

    __tablename__ = "oldest_revision"

    revision: str = Field(primary_key=True)


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Load the migrations once in a process: a server that starts asks for them several times."""
    return ScriptDirectory.from_config(_alembic_config())


class DatabaseBusy(Exception):
    """Raised if requests were in the way of each attempt at a migration; nothing was changed."""


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
    """Upgrade a database to a revision, keeping its data, and return the one before.

    Raises DatabaseBusy.
    """
    return _migrate(engine, revision, _scripts()._upgrade_revs)


def downgrade(engine: Engine, revision: str) -> str | None:
    """Downgrade a database to a revision, and return the one before.

    Raises DatabaseBusy, and RuntimeError if data has no place in it.
    """
    return _migrate(engine, revision, _scripts()._downgrade_revs)


def _migrate(engine: Engine, revision: str, list_steps: ListSteps) -> str | None:
    """Go to a revision, again if requests of running servers are in the way."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(PAUSE_SECONDS)
        try:
            with _migrating(engine) as (config, connection):
                before = _read_revision(connection)
                if attempt:
                    # Requests begin with their session: those that run end, and the next ones wait,
                    # so that none is in the way of what follows.
                    connection.exec_driver_sql("LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
                # As Alembic's commands do, which would load the migrations again.
                with EnvironmentContext(
                    config,
                    _scripts(),
                    fn=lambda current, _: list_steps(revision, current),
                    destination_rev=revision,
                ):
                    _scripts().run_env()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in BUSY:
                raise
        else:
            return before
    raise DatabaseBusy(
        f"Requests that use the tables were in the way at each of {ATTEMPTS} attempts. Nothing was "
        "changed: run the command again when fewer people work, or stop the servers first."
    )


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def current_revision(engine: Engine) -> str | None:
    """Return the revision of a database, or None if it is empty."""
    with engine.execution_options(writes=False).connect() as connection:
        return _read_revision(connection)


def list_revisions() -> list[tuple[str, str]]:
    """List all revisions and what they do, oldest first."""
    return [(script.revision, script.doc) for script in _scripts().walk_revisions()][::-1]


def is_newer(engine: Engine) -> bool:
    """Whether a database is at a revision of a newer version of the portal."""
    revision = current_revision(engine)
    return revision is not None and not is_known(revision)


def supports_this_version(engine: Engine) -> bool:
    """Whether the database of a newer version of the portal works with this one."""
    with engine.execution_options(writes=False).connect() as connection:
        if not inspect(connection).has_table("oldest_revision"):
            return False
        return any(map(is_known, connection.scalars(select(OldestRevision.revision))))


def can_be_served(engine: Engine) -> bool:
    """Whether this version works with the schema of a database."""
    if is_newer(engine):
        return supports_this_version(engine)
    return is_up_to_date(engine)


def is_up_to_date(engine: Engine) -> bool:
    """Whether a database is at the newest revision."""
    return current_revision(engine) == _scripts().get_current_head()


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
