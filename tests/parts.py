"""What tests of the server and of the client are made of: a movable clock, a real database."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from uuid import UUID

import httpx
import psycopg
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlmodel import SQLModel

from server.accounts.tables import StoredSession
from server.core import migrate
from server.core.database import Services, Transaction, open_database
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from shared.accounts import SessionState

SECRET = "a secret of the tests, long enough to be one"
PASSWORD = "seven wrens over a hollow"
CHEAP_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
TODAY = datetime(2026, 3, 2, 10, 42, tzinfo=UTC)


class Clock:
    """Tells the moment it is set to; a test moves it, and each look a microsecond."""

    def __init__(self, now: datetime = TODAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the moment, a little after the one told before."""
        self.now += timedelta(microseconds=1)
        return self.now

    def move(self, **by: float) -> None:
        """Move on, as `timedelta` counts: move(minutes=10)."""
        self.now += timedelta(**by)


def prepare(url: str) -> None:
    """Build the schema in an empty database."""
    engine = open_database(url)
    migrate.upgrade(engine)
    engine.dispose()


def empty(engine: Engine) -> None:
    """Take every row out of a PostgreSQL database."""
    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        # With few rows this is many times quicker than TRUNCATE, which makes new files.
        driver.execute(";".join(f'DELETE FROM "{table}"' for table in tables).encode())


DIALECTS: dict[str, tuple[Dialect, dict[object, object]]] = {}
"""Of each kind of database: how it is spoken to, and what was compiled for it."""


def compile_once(engine: Engine) -> None:
    """Let all databases of one kind share their compiled statements: each test has a new one."""
    dialect, compiled = DIALECTS.setdefault(engine.name, (engine.dialect, {}))
    engine.dialect = dialect
    engine.update_execution_options(compiled_cache=compiled)


def watch_threads(engine: Engine, server_thread: int) -> None:
    """Fail what uses a transaction in another thread than began it, or in the server's loop."""

    def began(connection: Connection) -> None:
        connection.info["thread"] = get_ident()

    def used(connection: Connection, _: object, statement: str, *__: object) -> None:
        assert get_ident() != server_thread, "The event loop waits for the database."
        if statement.startswith("BEGIN"):  # SQLite is told so before anybody else is
            began(connection)
        assert connection.info["thread"] == get_ident(), "A transaction went to another thread."

    event.listen(engine, "begin", began)
    event.listen(engine, "before_cursor_execute", used)


def watch_open(engine: Engine) -> list[str]:
    """Return a list that has an entry for each transaction while it is open."""
    is_open: list[str] = []
    event.listen(engine, "begin", lambda _: is_open.append("one"))
    for end in ("commit", "rollback"):
        event.listen(engine, end, lambda _: is_open.pop())
    return is_open


def forget_about_power_cuts(url: str) -> None:
    """Let a PostgreSQL server of the tests not wait for the disk."""
    engine = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def settings_for(folder: Path, database: str = "") -> Settings:
    """Make the settings of a server whose files lie in a folder."""
    return Settings(secret_key=SecretStr(SECRET), data=folder, database_url=database)


def copy_sqlite(template: Path, folder: Path) -> None:
    """Give a test's folder a fresh copy of an empty database."""
    shutil.copy(template, folder / "portal.db")


class Straight(httpx.BaseTransport):
    """Takes a request straight to an app, in the loop of the tests."""

    def __init__(self, app: FastAPI, loop: BlockingPortal) -> None:
        self._app, self._loop = app, loop
        self._to = httpx.ASGITransport(app, client=("testclient", 50_000))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        async def pieces() -> AsyncIterator[bytes]:
            assert isinstance(request.stream, httpx.SyncByteStream)
            for piece in request.stream:
                yield piece

        sent = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=pieces(),
            extensions=request.extensions,
        )
        reply = await self._to.handle_async_request(sent)
        self._documented(sent, reply.status_code)
        assert "set-cookie" not in reply.headers, "Sessions are bearer tokens, and no cookies."
        return httpx.Response(reply.status_code, headers=reply.headers, content=await reply.aread())

    def _documented(self, sent: httpx.Request, status: int) -> None:
        """Fail where a route answers what its OpenAPI does not tell."""
        for route in self._app.routes:
            if not isinstance(route, APIRoute) or sent.method not in (route.methods or ()):
                continue
            if route.path_regex.match(sent.url.path):
                told = self._app.openapi()["paths"].get(route.path, {}).get(sent.method.lower())
                assert told is None or str(status) in told["responses"], (route.path, status)
                return


def open_client(app: FastAPI, loop: BlockingPortal) -> httpx.Client:
    """Make a client of an app, of nobody yet."""
    return httpx.Client(
        transport=Straight(app, loop), base_url="http://testserver", follow_redirects=True
    )


@dataclass
class Someone:
    """An account and a client that is signed in to it."""

    id: UUID
    email: str
    token: str
    work: UUID | None
    http: httpx.Client

    def __post_init__(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.get = self.http.get
        self.post = self.http.post
        self.put = self.http.put
        self.patch = self.http.patch
        self.delete = self.http.delete


Factory = Callable[..., Someone]


def begin_session(
    services: Services, tx: Transaction, account: UUID, state: SessionState = SessionState.SIGNED_IN
) -> str:
    """Add a session of an account; gives its token."""
    token = new_token()
    tx.session.add(
        StoredSession(
            account_id=account,
            digest=services.keys.digest(Purpose.SESSION, token),
            state=state,
            created_at=tx.now,
            last_used_at=tx.now,
            proved_at=tx.now,
            ends_at=tx.now + timedelta(hours=12),
        )
    )
    return token
