from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from server.core.database import open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a schema."""
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
        connection.execute(text("DROP DATABASE without_schema"))
    server.dispose()
