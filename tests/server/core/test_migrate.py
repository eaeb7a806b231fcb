"""The schema's versions, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, make_url, text
from sqlmodel import SQLModel

from server.app import create_app
from server.core import migrate
from server.core.database import open_database
from server.core.settings import Settings
from tests.parts import settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
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


def test_up_gives_the_tables_that_the_code_knows_and_down_takes_them_away(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    assert not migrate.up_to_date(engine)
    migrate.upgrade(engine)
    assert migrate.up_to_date(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate.upgrade(engine)
    assert migrate.up_to_date(engine)
    engine.dispose()


def test_a_server_refuses_a_short_secret() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Settings(secret_key="short")


def test_the_folder_of_documents_is_its_owner_s_alone(settings: Settings) -> None:
    create_app(settings_for(settings.data))
    assert (settings.data / "documents").stat().st_mode & 0o077 == 0
