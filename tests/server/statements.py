"""The statements that a server runs, gathered and explained."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from server.core.database import Services


@contextmanager
def record_statements(services: Services) -> Iterator[list[str]]:
    """Gather the statements that are run meanwhile, without those that begin a transaction."""
    statements: list[str] = []

    def note(*given: object) -> None:
        if not str(given[2]).startswith("BEGIN"):
            statements.append(str(given[2]))

    event.listen(services.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(services.engine, "before_cursor_execute", note)
