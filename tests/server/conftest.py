from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine

from server.core.database import open_database
from server.core.settings import Settings
from tests.parts import (
    SECRET,
    Factory,
    Someone,
    copy_sqlite,
    delete_all_rows,
    open_client,
    settings_for,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Every test of the server runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        yield settings_for(tmp_path)
    else:
        kept: Engine = request.getfixturevalue("postgres_engine")
        yield settings_for(tmp_path, request.getfixturevalue("postgres"))
        delete_all_rows(kept)


@pytest.fixture
def engine(request: pytest.FixtureRequest, settings: Settings) -> Engine:
    """The database of a test: its listeners end with the test, PostgreSQL's connections do not."""
    if not settings.database_url:
        return open_database(settings.database)
    kept: Engine = request.getfixturevalue("postgres_engine")
    return kept.execution_options()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """What the command line sets about the log, and where it writes, ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def http(app: FastAPI, loop: BlockingPortal) -> Client:
    """Nobody: a client without a session."""
    return open_client(app, loop)


@pytest.fixture
def other(someone: Factory) -> Someone:
    """Another professional, of the same organisation."""
    return someone(email="head@osierbeck.example")


@pytest.fixture
def bea(someone: Factory) -> Someone:
    """A colleague with whom a form is shared."""
    return someone("bea@osierbeck.example")


@pytest.fixture
def stranger(someone: Factory) -> Someone:
    """A professional of another organisation."""
    return someone("stranger@elsewhere.example", organisation="Else")


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line finds the test's server."""
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(settings.data))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
