"""Snapshots of a database while it is used, and loading them, on SQLite and on PostgreSQL."""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from server.backups.archive import CHUNK_BYTES, PRIVATE_FILE
from server.core.database import sqlite_file
from server.core.migrate import RESTORE_UNFINISHED
from server.core.storage import make_folder, sync

BEFORE_RESTORE = "before_restore"
"""PostgreSQL's schema of what was there, until a restore is complete."""
TOOL_MISSING = (
    "{tool} of PostgreSQL {version} or newer is needed, and {what}. Install it (Debian: "
    "postgresql-client-{version}), or put its folder first in PATH."
)


class DatabaseFailed(Exception):
    """A snapshot that can't be taken or loaded; the message says why, and what to do."""


class DatabaseInUse(DatabaseFailed):
    """A database that a server or a command is using."""


@dataclass(frozen=True)
class Facts:
    """The revision of a database, its number of rows by table, and its documents."""

    revision: str
    rows: dict[str, int]
    documents: dict[str, str]
    """SHA-256 by key."""


def read_facts(connection: Connection) -> Facts:
    """Read the facts of a database."""
    revision = MigrationContext.configure(connection).get_current_revision()
    names = set(sa.inspect(connection).get_table_names()) - {RESTORE_UNFINISHED}
    rows = {
        name: connection.execute(
            sa.select(sa.func.count()).select_from(sa.table(name))
        ).scalar_one()
        for name in sorted(names)
    }
    document = sa.table("document", sa.column("key"), sa.column("sha256"))
    documents = connection.execute(sa.select(document.c.key, document.c.sha256))
    return Facts(revision or "", rows, {row.key: row.sha256 for row in documents})


@contextmanager
def take_snapshot(engine: Engine, folder: Path) -> Iterator[tuple[IO[bytes], Facts]]:
    """Yield a copy of the database as of one moment, and its facts; writers do not wait.

    The copy is a file without a name in `folder`, so it ends with the process.
    """
    make_folder(folder)
    take = _snapshot_sqlite if engine.name == "sqlite" else _dump_postgresql
    with take(engine, folder) as (file, facts):
        file.seek(0)
        yield file, facts


@contextmanager
def _snapshot_sqlite(engine: Engine, folder: Path) -> Iterator[tuple[IO[bytes], Facts]]:
    descriptor, name = tempfile.mkstemp(prefix=".backup-", dir=folder)
    target = sqlite3.connect(name, isolation_level=None)
    Path(name).unlink()
    with os.fdopen(descriptor, "rb") as file:
        try:
            # SQLite would look for a journal by the name that is gone.
            target.execute("PRAGMA journal_mode=OFF")
            with engine.execution_options(writes=False).connect() as connection:
                facts = read_facts(connection)
                source: Any = connection.connection.driver_connection
                source.backup(target)  # in the transaction of the facts
        except sqlite3.Error as error:
            raise DatabaseFailed(
                f"The database can't be copied to {folder}: {error}. Nothing was kept of it. Free "
                "space there, then run the command again."
            ) from None
        finally:
            target.close()
        yield file, facts


@contextmanager
def _dump_postgresql(engine: Engine, folder: Path) -> Iterator[tuple[IO[bytes], Facts]]:
    repeatable = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with tempfile.TemporaryFile(dir=folder) as file:
        with repeatable as connection:
            # The transaction is open for as long as pg_dump needs its snapshot.
            for timeout in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {timeout} = 0")
            snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            facts = read_facts(connection)
            version = server_version(connection)
            options = ("--format=custom", "--schema=public", f"--snapshot={snapshot}")
            _run_tool("pg_dump", engine.url, version, options, stdout=file)
        yield file, facts


def server_version(connection: Connection) -> int:
    """Return the main version of a PostgreSQL server."""
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def find_tool(tool: str, version: int) -> str:
    """Return the path of a program of PostgreSQL; raises DatabaseFailed if there is none, or older.

    `version` is that of the server.
    """
    program = shutil.which(tool)
    if program is None:
        raise DatabaseFailed(TOOL_MISSING.format(tool=tool, version=version, what="there is none"))
    installed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - no user's input
    major = re.search(r"\d+", installed.stdout)
    if major is None or int(major[0]) < version:
        what = f"this is {installed.stdout.strip()}"
        raise DatabaseFailed(TOOL_MISSING.format(tool=tool, version=version, what=what))
    return program


def _run_tool(
    tool: str,
    url: URL,
    version: int,
    options: tuple[str, ...],
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run a program of PostgreSQL on a database; raises DatabaseFailed."""
    program = find_tool(tool, version)
    # A password on the command line could be read by all users of the machine.
    password = {"PGPASSWORD": url.password} if url.password else {}
    database = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - no user's input
        [program, "--no-password", f"--dbname={database}", *options],
        env={**os.environ, **password},
        stdin=stdin,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        # Later lines may quote a row.
        reason = done.stderr.decode(errors="replace").strip().split("\n")[0]
        raise DatabaseFailed(f"The database can't be used by {tool}: {reason}")


@contextmanager
def load_snapshot(url: str, snapshot: IO[bytes]) -> Iterator[str]:
    """Load a snapshot and yield the URL of the database; at the end it replaces what is there.

    After an error, what was there is still there. Raises DatabaseFailed.
    """
    snapshot.seek(0)
    file = sqlite_file(url)
    with _load_sqlite(file, snapshot) if file else _load_postgresql(url, snapshot) as loaded:
        yield loaded


def require_unused(url: str) -> None:
    """Raise DatabaseInUse if a server or command is using a database that will be replaced."""
    if file := sqlite_file(url):
        _require_unused_sqlite(file)
        return
    with begin_postgresql(url) as connection:
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).scalar_one()
    if others:
        raise DatabaseInUse("The database is in use. Stop the server first. Nothing was changed.")


def _require_unused_sqlite(path: Path) -> None:
    if not path.exists():
        return
    connection = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        # This needs the only connection, and writes what is in the -wal file to the database.
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise DatabaseInUse(
                f"{path} is in use. Stop the server first. Nothing was changed."
            ) from None
    except sqlite3.DatabaseError:  # a damaged database is replaced as well
        pass
    finally:
        connection.close()


@contextmanager
def _load_sqlite(path: Path, snapshot: IO[bytes]) -> Iterator[str]:
    new = path.with_name(f"{path.name}.restoring")
    make_folder(path.parent)
    _delete_database(new)
    try:
        with os.fdopen(os.open(new, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE), "wb") as file:
            shutil.copyfileobj(snapshot, file, CHUNK_BYTES)
        yield f"sqlite:///{new}"
        _require_unused_sqlite(new)  # everything is in one file
        sync(new)
        _require_unused_sqlite(path)
        for suffix in ("-wal", "-shm"):  # SQLite would apply them to the new database
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        new.rename(path)
        sync(path.parent)
    finally:
        _delete_database(new)


def _delete_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def begin_postgresql(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """Yield a connection of its own, in a transaction unless statements commit by themselves."""
    driver = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(driver, poolclass=NullPool)
    if autocommit:
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.begin() as connection:
        yield connection


@contextmanager
def _load_postgresql(url: str, snapshot: IO[bytes]) -> Iterator[str]:
    """Load a dump into an empty schema, beside which the schema of before stays until the end.

    The table RESTORE_UNFINISHED keeps a server from starting meanwhile, or after a kill.
    """
    with begin_postgresql(url) as connection:
        version = server_version(connection)
        if sa.inspect(connection).has_schema(BEFORE_RESTORE):  # a restore was killed
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        else:
            connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {BEFORE_RESTORE}")
        connection.exec_driver_sql("CREATE SCHEMA public")
        # As in a new database; without it, a role of the server finds no table.
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
        connection.exec_driver_sql(f"CREATE TABLE public.{RESTORE_UNFINISHED} ()")
    options = ("--schema=public", "--no-owner", "--no-privileges", "--single-transaction")
    try:
        _run_tool("pg_restore", make_url(url), version, options, stdin=snapshot)
        yield url
    except BaseException:  # also when interrupted: the database is as before
        with suppress(SQLAlchemyError), begin_postgresql(url) as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql(f"ALTER SCHEMA {BEFORE_RESTORE} RENAME TO public")
        raise
    with begin_postgresql(url) as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {BEFORE_RESTORE} CASCADE")
        connection.exec_driver_sql(f"DROP TABLE public.{RESTORE_UNFINISHED}")
