"""Helpers for the audit log: add entries, seal them, and attack the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from anyio.from_thread import BlockingPortal

from server.core.audit import Action, record, record_shown
from server.core.database import Services
from server.core.seals import Sealing
from tests.parts import Clock


def add_entries(services: Services, count: int = 5) -> list[UUID]:
    """Add entries, each about a child of its own, and return the children."""
    children = [uuid4() for _ in range(count)]
    with services.transaction() as tx:
        for child in children:
            record(tx, Action.PERSON_READ, account=uuid4(), subject=child, person=child)
            tx.session.flush()
    return children


def show_children(services: Services, count: int = 3) -> list[UUID]:
    """Add the entry of a list that shows children, and return them."""
    children = [uuid4() for _ in range(count)]
    with services.transaction() as tx:
        record_shown(tx, Action.SHOWN_IN_LIST, children, account=uuid4(), address="")
    return children


def seal(services: Services, clock: Clock, loop: BlockingPortal) -> int:
    """Seal all entries and return their number."""
    clock.move(minutes=1)
    return loop.call(Sealing(services).seal)


@contextmanager
def open_as_attacker(services: Services) -> Iterator[Any]:
    """Open the database without its triggers, as someone can who has its files or its owner."""
    if services.engine.name == "sqlite":
        with closing(sqlite3.connect(services.engine.url.database or "")) as connection:
            triggers = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
            ).fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            yield connection
            for _, statement in triggers:
                connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(services.settings.database) as postgresql:
        postgresql.execute("SET LOCAL session_replication_role = replica")
        yield postgresql
