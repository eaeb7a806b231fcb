"""SQLite connections: pragmas, functions and the start of transactions."""

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MILLISECONDS = 10_000
CACHE_KIBIBYTES = 16_384
"""Page cache of each connection; the index of a long list exceeds the default of 2 MiB."""


class PortalDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's SQLite dialect, without compiling a statement for each savepoint."""

    supports_statement_cache = True

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """Create a savepoint."""
        connection.exec_driver_sql(f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Roll back to a savepoint."""
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """Release a savepoint."""
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")


registry.register("sqlite.portal", __name__, PortalDialect.__name__)


def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a new connection."""
    # `begin` opens transactions, so the driver must not.
    connection.isolation_level = None
    # SQLite's own `lower` handles ASCII only.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is erased must not stay readable in the file
        f"busy_timeout={BUSY_MILLISECONDS}",
        f"cache_size=-{CACHE_KIBIBYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(text: str | None) -> str | None:
    return text.lower() if isinstance(text, str) else text


def begin(connection: Connection) -> None:
    """Begin a transaction, IMMEDIATE if the connection's options say that it writes."""
    # A deferred transaction that reads and then writes fails at once, despite the timeout.
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
