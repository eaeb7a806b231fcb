"""The database, SQLite or PostgreSQL: how it is opened, and what one transaction holds."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from obstore.store import ObjectStore
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlmodel import Session, SQLModel

from server.core import sqlite
from server.core.keys import Keys
from server.core.passwords import HashingPool
from server.core.settings import Settings
from server.core.storage import make_folder
from server.core.units import THREADS, Units

POSTGRESQL_LIMITS = {
    "lock_timeout": 5_000,
    "statement_timeout": 15_000,
    "idle_in_transaction_session_timeout": 30_000,
}
"""Milliseconds after which PostgreSQL gives up, so that no thread waits for ever."""
POSTGRESQL_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""After how long a host that has vanished is given up: seconds, the last in milliseconds."""
SPARE_CONNECTIONS = 4
"""For the command line and the checks of health, beside one for each thread."""

Result = TypeVar("Result")


def open_database(url: str) -> Engine:
    """Open a database, set so that commits are durable and writers wait for each other.

    Its errors name no parameters: a child's answers are among them.
    """
    if not url.startswith("sqlite"):
        limits = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_LIMITS.items())
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"),
            hide_parameters=True,
            connect_args={"options": limits, **POSTGRESQL_LINE},
            pool_size=THREADS + SPARE_CONNECTIONS,
        )
    path = url.removeprefix("sqlite:///")
    make_folder(Path(path).parent)
    engine = create_engine(
        url.replace("sqlite:", "sqlite+portal:", 1),
        hide_parameters=True,
        pool_size=THREADS + SPARE_CONNECTIONS,
    )
    event.listen(engine, "connect", sqlite.prepare)
    event.listen(engine, "begin", sqlite.begin)
    return engine


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a mapped class, for statements that need no mapped rows."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


class UnsafeDatabase(Exception):
    """A database that may lose what it said it holds; the message names the setting."""


def refuse_unsafe(engine: Engine) -> None:
    """Raise UnsafeDatabase where a power cut could lose what was acknowledged.

    Raises OperationalError where nothing can be written.
    """
    if engine.name == "sqlite":
        with engine.begin():
            return
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit"):
            if connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == "off":
                raise UnsafeDatabase(
                    f"PostgreSQL's setting {setting} is off: a power cut would lose what people "
                    "were told is saved. Switch it on, then start the portal again."
                )


class WriterNeeded(Exception):
    """A transaction that only reads came to something to write: it is to be run as a writer."""


@dataclass(frozen=True)
class Services:
    """What a running server is made of, handed to every transaction."""

    settings: Settings
    engine: Engine
    keys: Keys
    store: ObjectStore
    clock: Callable[[], datetime]
    units: Units
    hashing: HashingPool = field(default_factory=HashingPool)
    mail_posted: asyncio.Event = field(default_factory=asyncio.Event)
    """Wakes the outbox worker of this process."""

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator["Transaction"]:
        """Open a transaction in this thread; it commits at the end, or rolls back at any error.

        For the command line and the demo: a server's requests queue by `read` and `write`.
        """
        engine = self.engine.execution_options(writes=writes)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield Transaction(self, session, self.clock(), writes)

    async def read(self, work: Callable[["Transaction"], Result]) -> Result:
        """Run work in a reading transaction, in one worker thread.

        It runs as a writer instead where it comes to something to write. Raises BUSY where too
        many wait.
        """
        try:
            return await self.units.read(
                lambda session: work(Transaction(self, session, self.clock(), writes=False))
            )
        except WriterNeeded:
            return await self.write(work)

    async def write(self, work: Callable[["Transaction"], Result]) -> Result:
        """Run work in a writing transaction, in one worker thread, and commit it.

        The work may run again after a deadlock, so it must do nothing but through its transaction.
        Raises BUSY where too many wait.
        """
        callbacks: list[Callable[[], None]] = []

        def run(session: Session) -> Result:
            callbacks.clear()  # the work may run again
            return work(Transaction(self, session, self.clock(), True, callbacks))

        result = await self.units.write(run)
        for callback in callbacks:
            callback()
        return result

    def close(self) -> None:
        """Finish the work that waits, end the threads, close the connections."""
        self.units.close()
        self.hashing.close()
        self.engine.dispose()


@dataclass(frozen=True)
class Transaction:
    """One unit of work: its database session and the one moment it happens at (UTC)."""

    services: Services
    session: Session
    now: datetime
    writes: bool
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """Called in the event loop after `Services.write` has committed, in order."""

    @cached_property
    def connection(self) -> Connection:
        """The session's connection, quicker than the session itself; it does not flush first."""
        return self.session.connection()
