"""The database (SQLite or PostgreSQL): its engine and transactions."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from obstore.store import ObjectStore
from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, make_url
from sqlmodel import Session, SQLModel

from server.core import sqlite
from server.core.keys import Keys
from server.core.oidc import ProviderClient
from server.core.passwords import HashingPool
from server.core.recent import RecentlyShown
from server.core.settings import Settings
from server.core.storage import make_folder, make_private
from server.core.units import THREADS, WorkerPools

POSTGRESQL_LIMITS = {
    "lock_timeout": 5_000,
    "statement_timeout": 15_000,
    "idle_in_transaction_session_timeout": 30_000,
}
"""Timeouts in milliseconds, so that no thread waits indefinitely."""
POSTGRESQL_KEEPALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Limits for an unreachable host, in seconds except the probe count and `tcp_user_timeout` (ms)."""
SPARE_CONNECTIONS = 4
"""Connections for the command line and health checks, in addition to one per thread."""

Result = TypeVar("Result")


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, or None if the URL is of PostgreSQL."""
    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def open_database(url: str) -> Engine:
    """Open a database with durable commits and serialised writers.

    Errors omit the parameters of statements, which may hold a child's answers.
    """
    file = sqlite_file(url)
    if file is None:
        limits = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_LIMITS.items())
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"),
            hide_parameters=True,
            connect_args={"options": limits, **POSTGRESQL_KEEPALIVE},
            pool_size=THREADS + SPARE_CONNECTIONS,
        )
    make_folder(file.parent)
    make_private(file)
    engine = create_engine(
        url.replace("sqlite:", "sqlite+portal:", 1),
        hide_parameters=True,
        pool_size=THREADS + SPARE_CONNECTIONS,
    )
    event.listen(engine, "connect", sqlite.prepare)
    event.listen(engine, "begin", sqlite.begin)
    return engine


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a mapped class, for Core statements."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


class UnsafeDatabase(Exception):
    """A database that may lose committed data; the message names the setting."""


def require_durable_commits(engine: Engine) -> None:
    """Raise UnsafeDatabase if a power cut could lose committed data.

    Raises OperationalError if the database is not writable.
    """
    if engine.name == "sqlite":
        with engine.begin():
            return
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit"):
            if connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == "off":
                raise UnsafeDatabase(
                    f"PostgreSQL setting {setting} is off: a power cut could lose data that users "
                    "were told was saved. Turn it on, then restart the portal."
                )


class WriterNeeded(Exception):
    """Raised when a read-only transaction needs to write; its work runs again as a writer."""


@dataclass(frozen=True)
class Services:
    """The components of a running server, available to every transaction."""

    settings: Settings
    engine: Engine
    keys: Keys
    store: ObjectStore
    clock: Callable[[], datetime]
    worker_pools: WorkerPools
    hashing: HashingPool = field(default_factory=HashingPool)
    mail_posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Wakes the outbox worker of this process."""
    recently_shown: RecentlyShown = field(default_factory=RecentlyShown)
    document_added: asyncio.Event = field(default_factory=asyncio.Event)
    """Wakes the workers of this process that scan documents."""
    sessions_to_confirm: asyncio.Queue[UUID] = field(default_factory=asyncio.Queue)
    """Sessions in use whose provider is to be asked again."""

    @cached_property
    def provider_clients(self) -> dict[str, ProviderClient]:
        """The client of each provider in the settings, by name."""
        return {provider.name: ProviderClient(provider) for provider in self.settings.providers}

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator["Transaction"]:
        """Open a transaction in this thread; it commits at the end, or rolls back on error.

        For the command line and the demo. Requests use `read` and `write`.
        """
        engine = self.engine.execution_options(writes=writes)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            tx = Transaction(self, session, self.clock(), writes)
            yield tx
        if tx.later_writes:
            with self.transaction() as writer:
                for write in tx.later_writes:
                    write(writer)

    async def read(self, work: Callable[["Transaction"], Result]) -> Result:
        """Run work in a read-only transaction, in one worker thread.

        Work that raises WriterNeeded runs again as a writer. What the work adds with
        `Transaction.write` is committed before this returns. Raises BUSY if the queue is full.
        """
        writes: list[Callable[[Transaction], None]] = []

        def run(session: Session) -> Result:
            writes.clear()  # the work may run again
            return work(Transaction(self, session, self.clock(), False, later_writes=writes))

        def write_all(tx: Transaction) -> None:
            for write in writes:
                write(tx)

        try:
            result = await self.worker_pools.read(run)
        except WriterNeeded:
            return await self.write(work)
        if writes:
            await self.write(write_all)
        return result

    async def write(self, work: Callable[["Transaction"], Result]) -> Result:
        """Run work in a write transaction, in one worker thread, and commit.

        The work may run again after a deadlock, so all its effects must go through its
        transaction. Raises BUSY if the queue is full.
        """
        callbacks: list[Callable[[], None]] = []

        def run(session: Session) -> Result:
            callbacks.clear()  # the work may run again
            return work(Transaction(self, session, self.clock(), True, callbacks))

        result = await self.worker_pools.write(run)
        for callback in callbacks:
            callback()
        return result

    def close(self) -> None:
        """Finish queued work, stop the threads and close the connections."""
        self.worker_pools.close()
        self.hashing.close()
        self.engine.dispose()


@dataclass(frozen=True)
class Transaction:
    """One unit of work: its database session and its time (UTC)."""

    services: Services
    session: Session
    now: datetime
    writes: bool
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called in the event loop after `Services.write` has committed, in order."""
    later_writes: list[Callable[["Transaction"], None]] = field(default_factory=list)
    """Writes of a read-only transaction, which `Services.read` commits, in order."""
    audited: list[UUID | None] = field(default_factory=list)
    """The child of each entry of the audit log so far, or None; without the lists shown.

    An entry means that something was done under the ids that a request sends: see
    `check_and_store`. So a request with an id of the client must not record a reading.
    """

    def write(self, write: Callable[["Transaction"], None]) -> None:
        """Write now, or after a read-only transaction and before its result is returned.

        The write may run in another transaction than this one, and more than once.
        """
        if self.writes:
            write(self)
        else:
            self.later_writes.append(write)

    def lock(self, row: SQLModel) -> bool:
        """Lock a row and load it again; returns False if it was deleted since it was read."""
        state = inspect(row)
        assert state is not None  # noqa: S101 - every mapped row has one
        return (
            self.session.get(
                type(row), state.identity, populate_existing=True, with_for_update=True
            )
            is not None
        )

    @cached_property
    def connection(self) -> Connection:
        """The session's connection: faster than the session, but does not flush first."""
        return self.session.connection()
