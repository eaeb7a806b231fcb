"""Record the SQL statements that a server runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from server.core.database import Services


@contextmanager
def record_statements(services: Services) -> Iterator[list[str]]:
    """Record the statements run within a block, except those that begin a transaction."""
    statements: list[str] = []

    def record(*arguments: object) -> None:
        if not str(arguments[2]).startswith("BEGIN"):
            statements.append(str(arguments[2]))

    event.listen(services.engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(services.engine, "before_cursor_execute", record)
