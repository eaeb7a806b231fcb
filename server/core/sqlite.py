"""SQLite as the portal uses it: what each connection is set to, and how transactions begin."""

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MILLISECONDS = 10_000
CACHE_KIBIBYTES = 16_384
"""Of each connection; in the 2 MiB it comes with, the index of a long list does not fit."""


class PortalDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, but savepoints, one for each of several writes, are not compiled anew."""

    supports_statement_cache = True

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """Begin a savepoint."""
        connection.exec_driver_sql(f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Undo what was done since a savepoint began."""
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """End a savepoint, and keep what was done."""
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")


registry.register("sqlite.portal", __name__, PortalDialect.__name__)


def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a new connection."""
    # The driver must not open transactions by itself: begin does.
    connection.isolation_level = None
    # SQLite's own knows the letters of English alone.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
        f"cache_size=-{CACHE_KIBIBYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(text: str | None) -> str | None:
    return text.lower() if isinstance(text, str) else text


def begin(connection: Connection) -> None:
    """Begin a transaction, as the connection's options say whether it writes."""
    # A deferred transaction that reads and then writes fails at once, whatever the timeout.
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
