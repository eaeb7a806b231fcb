"""Building blocks for server and client tests: clock, database, in-process client."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import psycopg
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlmodel import SQLModel, select
from starlette.types import Receive, Scope, Send

from server.accounts.tables import (
    Account,
    Organisation,
    StoredSession,
    WorkDetailsRow,
    fold_organisation,
)
from server.core import migrate
from server.core.database import Services, Transaction, open_database
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from shared.accounts import ProfessionalRole, SessionState
from shared.organisations import Confirmation

SECRET = "a secret of the tests, long enough to be one"
PASSWORD = "seven wrens over a hollow"
CHEAP_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
TODAY = datetime(2026, 3, 2, 10, 42, tzinfo=UTC)


class Clock:
    """Clock set by tests; each reading advances it by a microsecond."""

    def __init__(self, now: datetime = TODAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the current time, later than the previous reading."""
        self.now += timedelta(microseconds=1)
        return self.now

    def move(self, **delta: float) -> None:
        """Advance by the arguments of a `timedelta`, as in `move(minutes=10)`."""
        self.now += timedelta(**delta)


def create_schema(url: str) -> None:
    """Create the schema in an empty database."""
    engine = open_database(url)
    migrate.upgrade(engine)
    engine.dispose()


def delete_all_rows(engine: Engine) -> None:
    """Delete every row of a PostgreSQL database, but for what describes its schema."""
    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
    tables.remove("oldest_revision")
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        # The audit log refuses to lose rows.
        driver.execute("SET LOCAL session_replication_role = replica")
        # With few rows, DELETE is many times faster than TRUNCATE, which creates new files.
        driver.execute(";".join(f'DELETE FROM "{table}"' for table in tables).encode())


DIALECTS: dict[str, tuple[Dialect, dict[object, object]]] = {}
"""Shared dialect and compiled statements of each kind of database."""


def share_compiled_statements(engine: Engine) -> None:
    """Share compiled statements among the databases of all tests."""
    dialect, compiled = DIALECTS.setdefault(engine.name, (engine.dialect, {}))
    engine.dialect = dialect
    engine.update_execution_options(compiled_cache=compiled)


def forbid_thread_changes(engine: Engine, server_thread: int) -> None:
    """Fail when a transaction changes threads or runs in the server's event loop."""

    def record_thread(connection: Connection) -> None:
        connection.info["thread"] = get_ident()

    def check_thread(connection: Connection, _: object, statement: str, *__: object) -> None:
        assert get_ident() != server_thread, "The event loop waits for the database."
        if statement.startswith("BEGIN"):  # SQLite executes BEGIN before the "begin" event
            record_thread(connection)
        assert connection.info["thread"] == get_ident(), "A transaction moved to another thread."

    event.listen(engine, "begin", record_thread)
    event.listen(engine, "before_cursor_execute", check_thread)


def track_open_transactions(engine: Engine) -> list[str]:
    """Return a list that holds one entry per open transaction."""
    open_transactions: list[str] = []
    event.listen(engine, "begin", lambda _: open_transactions.append("open"))
    for end in ("commit", "rollback"):
        event.listen(engine, end, lambda _: open_transactions.pop())
    return open_transactions


def disable_fsync(url: str) -> None:
    """Turn off fsync in a PostgreSQL test server, for speed."""
    engine = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def settings_for(folder: Path, database: str = "") -> Settings:
    """Build settings for a server with its data in `folder`."""
    variables = frozenset(item for item in os.environ.items() if item[0].startswith("PORTAL_"))
    return _read_settings(variables).model_copy(update={"data": folder, "database_url": database})


@cache
def _read_settings(variables: frozenset[tuple[str, str]]) -> Settings:
    """Build settings with these variables, once because it takes as long as some tests."""
    return Settings(secret_key=SecretStr(SECRET), unscanned="accept")


def copy_sqlite(template: Path, folder: Path) -> None:
    """Copy the database template into a test's folder."""
    shutil.copy(template, folder / "portal.db")


DOCUMENTED: dict[frozenset[str], dict[str, Any]] = {}
"""The OpenAPI of apps with the same routes, which takes as long to make as many tests."""


class InProcessTransport(httpx.BaseTransport):
    """Transport that sends requests to an app in the tests' event loop."""

    def __init__(self, app: FastAPI, loop: BlockingPortal, address: str) -> None:
        self.app, self._loop, self._client = app, loop, (address, 50_000)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.call(self._send, request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        async def chunks() -> AsyncIterator[bytes]:
            assert isinstance(request.stream, httpx.SyncByteStream)
            for chunk in request.stream:
                yield chunk

        async def call_app(scope: Scope, receive: Receive, send: Send) -> None:
            scopes.append(scope)
            await self.app(scope, receive, send)

        asgi_request = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=chunks(),
            extensions=request.extensions,
        )
        scopes: list[Scope] = []
        transport = httpx.ASGITransport(call_app, client=self._client)
        reply = await transport.handle_async_request(asgi_request)
        self._require_documented(request.method, scopes[0].get("route"), reply.status_code)
        assert "set-cookie" not in reply.headers, "Sessions use bearer tokens, not cookies."
        return httpx.Response(reply.status_code, headers=reply.headers, content=await reply.aread())

    def _require_documented(self, method: str, route: object, status: int) -> None:
        """Fail when a route returns a status that its OpenAPI does not document."""
        if isinstance(route, APIRoute) and method in (route.methods or ()):
            paths = _paths(self.app)
            if paths not in DOCUMENTED:
                DOCUMENTED[paths] = self.app.openapi()["paths"]
            operation = DOCUMENTED[paths].get(route.path, {}).get(method.lower())
            assert operation is None or str(status) in operation["responses"], (route.path, status)


@cache
def _paths(app: FastAPI) -> frozenset[str]:
    return frozenset(getattr(route, "path", "") for route in app.routes)


class NoCookies(httpx.Cookies):
    """Cookies of replies that have none, which are looked for in vain for a tenth of a request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave the reply alone."""


def open_client(app: FastAPI, loop: BlockingPortal, *, address: str = "testclient") -> httpx.Client:
    """Return an unauthenticated client for an app."""
    client = httpx.Client(
        transport=InProcessTransport(app, loop, address),
        base_url="http://testserver",
        follow_redirects=True,
    )
    client._cookies = NoCookies()
    return client


@dataclass
class Someone:
    """Account with a signed-in client."""

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


def make_account(id: UUID, email: str, password_hash: str, now: datetime) -> Account:
    """Build an account; its last name is the first part of the email address."""
    return Account(
        id=id,
        email=email,
        password_hash=password_hash,
        first_name="Ada",
        last_name=email.split("@")[0].title(),
        phone="0116 496 0101",
        notice_accepted_at=now,
        created_at=now,
    )


def find_or_add_organisation(tx: Transaction, name: str) -> Organisation:
    """Return the organisation of a name, which is added to the list if it is new."""
    of_name = select(Organisation).where(Organisation.name_folded == fold_organisation(name))
    organisation = tx.session.exec(of_name).first()
    if organisation is None:
        organisation = Organisation(id=uuid5(NAMESPACE_URL, name), name=name)
        tx.session.add(organisation)
        tx.session.flush()
    return organisation


def make_work_details(
    id: UUID, account: UUID, organisation: Organisation, now: datetime
) -> WorkDetailsRow:
    """Build the work details of a SENCO, a confirmed member of the organisation."""
    return WorkDetailsRow(
        id=id,
        account_id=account,
        role=ProfessionalRole.SENCO,
        organisation=organisation.name,
        organisation_id=organisation.id,
        confirmed_at=now,
        confirmed_how=Confirmation.OFFICER,
        address="1 Osier Way, Leicester",
        postcode="LE1 1FZ",
        work_phone="0116 496 0102",
        created_at=now,
    )


def begin_session(
    services: Services, tx: Transaction, account: UUID, state: SessionState = SessionState.SIGNED_IN
) -> str:
    """Add a session for an account and return its token."""
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
