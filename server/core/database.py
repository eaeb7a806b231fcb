"""The database: SQLite or PostgreSQL, one transaction a request, committed before the reply."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from obstore.store import ObjectStore
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from server.core.keys import Keys
from server.core.settings import Settings

BUSY_MILLISECONDS = 10_000

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


def open_database(url: str) -> Engine:
    """Open a database, set so that commits are durable and writers wait for each other.

    Its errors name no parameters: a child's answers are among them.
    """
    if not url.startswith("sqlite"):
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"),
            pool_pre_ping=True,
            hide_parameters=True,
        )
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: _begin_sqlite does.
    connection.isolation_level = None
    # SQLite's own knows the letters of English alone.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(text: str | None) -> str | None:
    return text.lower() if isinstance(text, str) else text


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once, whatever the timeout.
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@dataclass(frozen=True)
class Services:
    """What a running server is made of, handed to every transaction."""

    settings: Settings
    engine: Engine
    keys: Keys
    store: ObjectStore
    clock: Callable[[], datetime]

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator["Transaction"]:
        """Open a transaction that commits at the end and rolls back at any error."""
        engine = self.engine.execution_options(writes=writes)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield Transaction(self, session, self.clock(), writes)


@dataclass(frozen=True)
class Transaction:
    """One unit of work: its database session and the one moment it happens at (UTC)."""

    services: Services
    session: Session
    now: datetime
    writes: bool


def audited(endpoint: Endpoint) -> Endpoint:
    """Mark a GET route that reads a child's record: its transaction writes the audit."""
    endpoint.__audited__ = True  # type: ignore[attr-defined]  # a mark on a function
    return endpoint


def by_clock(endpoint: Endpoint) -> Endpoint:
    """Mark a route that clients ask by the clock: it is no use of a session, and keeps none."""
    endpoint.__by_clock__ = True  # type: ignore[attr-defined]  # a mark on a function
    return endpoint


def services_of(request: Request) -> Services:
    """Find the services of the app that serves a request."""
    services = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101 - set by create_app
    return services


def _transaction(request: Request) -> Iterator[Transaction]:
    reads = request.method in {"GET", "HEAD"}
    writes = not reads or getattr(request.scope["endpoint"], "__audited__", False)
    with services_of(request).transaction(writes=writes) as transaction:
        yield transaction


# scope="function": the commit comes before the reply, so that an acknowledged write is kept.
Tx = Annotated[Transaction, Depends(_transaction, scope="function")]
