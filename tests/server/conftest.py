from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4
from zlib import crc32

import pytest
import structlog
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, make_url, text

from server.accounts.tables import StoredSession
from server.cases.tables import Case
from server.core.database import Services, open_database
from server.core.settings import Settings
from server.messages.tables import Message
from tests.parts import (
    SECRET,
    Factory,
    Someone,
    copy_sqlite,
    delete_all_rows,
    open_client,
    settings_for,
)
from tests.server.routes import SSH_KEY, PathObjects
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    rows,
    save,
    send,
    start,
    submit,
    upload,
)

DATABASES = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run each test on one of the two databases, unless it's marked `both_databases`."""
    if config.getoption("all_databases"):
        return
    names = {item.nodeid for item in items}
    items[:] = [
        item
        for item in items
        if item.get_closest_marker("both_databases") or not _is_left_out(item.nodeid, names)
    ]


def _is_left_out(name: str, names: set[str]) -> bool:
    """Choose the database of a test by its name, so that about half of the tests run on each."""
    sqlite = name.replace("[postgresql", "[sqlite", 1)
    postgresql = name.replace("[sqlite", "[postgresql", 1)
    chosen = (sqlite, postgresql)[crc32(sqlite.encode()) % 2]
    return {sqlite, postgresql} <= names and name != chosen


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for one test's server, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        yield settings_for(tmp_path)
    else:
        engine: Engine = request.getfixturevalue("postgres_engine")
        yield settings_for(tmp_path, request.getfixturevalue("postgres"))
        delete_all_rows(engine)


@pytest.fixture
def engine(request: pytest.FixtureRequest, settings: Settings) -> Engine:
    """Engine for one test; listeners end with the test, PostgreSQL connections stay open."""
    if not settings.database_url:
        return open_database(settings.database)
    shared_engine: Engine = request.getfixturevalue("postgres_engine")
    return shared_engine.execution_options()


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a schema, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portal.db'}"
        return
    url = make_url(request.getfixturevalue("postgres"))
    server = open_database(url.render_as_string(False)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE without_schema"))
        yield url.set(database="without_schema").render_as_string(False)
        connection.execute(text("DROP DATABASE without_schema WITH (FORCE)"))
    server.dispose()


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Restore the logging configuration that the command line changes."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def http(app: FastAPI, loop: BlockingPortal) -> Client:
    """Unauthenticated client."""
    return open_client(app, loop)


@pytest.fixture
def other(someone: Factory) -> Someone:
    """Another professional at the same organisation."""
    return someone(email="head@osierbeck.example")


@pytest.fixture
def bea(someone: Factory) -> Someone:
    """Colleague with whom forms are shared."""
    return someone("bea@osierbeck.example")


@pytest.fixture
def outsider(someone: Factory) -> Someone:
    """Professional at another organisation."""
    return someone("stranger@elsewhere.example", organisation="Else")


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the command line for the test's server."""
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(settings.data))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORTAL_MAIL_HOST", "127.0.0.1")


@pytest.fixture
def mine(someone: Factory) -> Someone:
    return someone("mine@osierbeck.example")


@pytest.fixture
def path_objects(mine: Someone, someone: Factory, services: Services) -> PathObjects:
    """Objects of the professional `mine`, by the parameter names in paths."""
    colleague = someone("colleague@osierbeck.example", signed_in=False)
    person = add_child(mine)
    submission = start(mine, person)
    ok(save(mine, submission, required_answers(mine)))
    submitted_form = start(mine, add_child(mine, first_name="Nell"))
    ok(save(mine, submitted_form, required_answers(mine)))
    ok(submit(mine, submitted_form))
    [case] = rows(services, Case)
    for message in mine.get("/v1/messages").json()["rows"]:
        with services.transaction() as tx:
            tx.session.delete(tx.session.get_one(Message, UUID(message["id"])))
    send(services, mine)
    [message] = mine.get("/v1/messages").json()["rows"]
    phrase = uuid4()
    ok(mine.put(f"/v1/phrases/{phrase}", json={"text": "Reads with help."}))
    key = uuid4()
    ok(mine.put(f"/v1/account/ssh-keys/{key}", json={"line": SSH_KEY}))
    session = next(row for row in rows(services, StoredSession) if row.account_id == mine.id)
    return {
        "person": person,
        "submission": submission,
        "message": message["id"],
        "card": mine.work,
        "document": ok(upload(mine, person)).json()["id"],
        "session_id": session.id,
        "registration_id": uuid4(),
        "token": "x",
        "code": "x",
        "sign_in": uuid4(),
        "case": case.id,
        "note": uuid4(),
        "task": uuid4(),
        "panel": uuid4(),
        "item": uuid4(),
        "event": 999,
        "exemption": uuid4(),
        "advice_request": uuid4(),
        "account": colleague.id,
        "membership": someone("new@osierbeck.example", confirmed=False).work,
        "mail": uuid4(),
        "phrase": phrase,
        "key": key,
        "publication": uuid4(),
        "cover": uuid4(),
        "view": uuid4(),
        "consultation": uuid4(),
        "request": uuid4(),
        "placement": uuid4(),
        "kind": "plan_maintained",
    }
