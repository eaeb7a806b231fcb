"""The files of the database can be read by the server's own user alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.database import open_database
from server.core.migrate import upgrade

FILES = ("portal.db", "portal.db-wal", "portal.db-shm")


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that everybody may write to, while new files are open to everybody."""
    tmp_path.chmod(0o777)
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def write(folder: Path) -> dict[str, int]:
    """Open the database, write to it and return the modes of its files while it is open."""
    engine = open_database(f"sqlite:///{folder / 'portal.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tries")
        result = modes(folder)
    engine.dispose()
    return result


def test_new_database_is_private(open_folder: Path) -> None:
    assert write(open_folder) == dict.fromkeys(FILES, 0o600)


def test_database_open_to_others_is_made_private(open_folder: Path) -> None:
    for name in FILES:
        (open_folder / name).touch(0o666)
    assert write(open_folder) == dict.fromkeys(FILES, 0o600)
