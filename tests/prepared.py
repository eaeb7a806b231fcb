"""Keep the rows that a helper has added over HTTP, for tests that begin with the same accounts.

A case in the middle of its life takes a dozen requests, which took two thirds of the time of the
tests of such cases. The first test of a process that asks for one makes it by these requests; tests
after it that begin alike get the same rows. Any other test makes its own.

Only for helpers that store no files, and not after a test has replaced a part of the server.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, DateTime, Table
from sqlmodel import SQLModel

from server.core.database import Services
from tests.parts import TODAY, Clock, InProcessTransport, Someone

P = ParamSpec("P")
R = TypeVar("R")
Values = tuple[Any, ...]
Row = dict[str, Any]

OF_ACCOUNTS = ("account", "organisation", "work_details")
"""Tables with rows before anything is done over HTTP; all others but these are empty."""
NOT_KEPT = {"session", "oldest_revision"}
"""Tables that each test has rows of its own in, and one about the schema."""
START = timedelta(seconds=1)
"""How long after TODAY a test begins at the latest that gets kept rows."""


@dataclass
class Prepared:
    """What a helper returned, the rows it added, changed and deleted, and the time after it."""

    result: Any
    added: dict[str, list[Row]]
    changed: dict[str, list[tuple[Values, Row]]]
    now: datetime


_prepared: dict[object, Prepared] = {}
_busy: list[str] = []
"""The helper that is running: those that it calls keep nothing."""


def prepared_once(prepare: Callable[P, R]) -> Callable[P, R]:
    """Call a helper only if no test of this process that began alike has called it.

    Its arguments are people with a client, the services and values.
    """

    @wraps(prepare)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        services = _services_of(args)
        if _busy or not _is_new(services):
            return prepare(*args, **kwargs)
        key = _key(services, prepare.__qualname__, args, kwargs)
        if key in _prepared:
            result: R = _restore(services, _prepared[key])
            return result
        before = _read_all(services)
        _busy.append(prepare.__qualname__)
        try:
            result = prepare(*args, **kwargs)
        finally:
            _busy.pop()
        _prepared[key] = _compare(services, result, before, _read_all(services))
        return result

    return wrapper


def _services_of(args: tuple[object, ...]) -> Services:
    """Return the services of the server that the first person's client talks to."""
    person = next(value for value in args if isinstance(value, Someone))
    transport = person.http._transport
    assert isinstance(transport, InProcessTransport)
    services = transport.app.state.services
    assert isinstance(services, Services)
    return services


def _tables() -> list[Table]:
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in NOT_KEPT]


def _is_new(services: Services) -> bool:
    """Whether a test has done nothing yet but to create accounts."""
    clock = services.clock
    if not isinstance(clock, Clock) or clock.now - TODAY > START:
        return False
    used = " OR ".join(
        f'EXISTS (SELECT 1 FROM "{table.name}")'
        for table in _tables()
        if table.name not in OF_ACCOUNTS
    )
    with services.transaction() as tx:
        return not tx.connection.exec_driver_sql(f"SELECT {used}").scalar()


def _key(
    services: Services, name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> object:
    """What the rows depend on: arguments, settings, and accounts but for the times in them."""
    people = [value.id for value in args if isinstance(value, Someone)]
    values = [value for value in args if not isinstance(value, Someone | Services)]
    settings = services.settings.model_dump(exclude={"data", "database_url"})
    with services.transaction() as tx:
        accounts = [
            tx.connection.execute(
                table.select()
                .with_only_columns(
                    *(column for column in table.c if not isinstance(column.type, DateTime))
                )
                .order_by(*table.primary_key)
            ).all()
            for table in _tables()
            if table.name in OF_ACCOUNTS
        ]
    is_sqlite = not services.settings.database_url
    return (
        name,
        str(people),
        str(values),
        str(sorted(kwargs.items())),
        str(settings),
        str(accounts),
        is_sqlite,
    )


def _read_all(services: Services) -> dict[str, dict[Values, Row]]:
    with services.transaction() as tx:
        return {table.name: _read(tx.connection, table) for table in _tables()}


def _read(connection: Connection, table: Table) -> dict[Values, Row]:
    """Return the rows of a table by primary key: on PostgreSQL as text, else as the driver does."""
    cast = "::text" if connection.dialect.name == "postgresql" else ""
    columns = ", ".join(f'"{column.name}"{cast}' for column in table.c)
    rows = (
        dict(zip((column.name for column in table.c), values, strict=True))
        for values in connection.exec_driver_sql(f'SELECT {columns} FROM "{table.name}"').all()
    )
    return {tuple(row[column.name] for column in table.primary_key): row for row in rows}


def _compare(
    services: Services,
    result: object,
    before: dict[str, dict[Values, Row]],
    after: dict[str, dict[Values, Row]],
) -> Prepared:
    added, changed = {}, {}
    for name, rows in after.items():
        assert before[name].keys() <= rows.keys(), f"Rows of {name} were deleted."
        added[name] = [row for key, row in rows.items() if key not in before[name]]
        changed[name] = [
            (key, {column: row[column] for column in row if row[column] != old[column]})
            for key, old in before[name].items()
            if (row := rows[key]) != old
        ]
    return Prepared(result, added, changed, services.clock())


def _restore(services: Services, prepared: Prepared) -> Any:
    with services.transaction() as tx:
        connection = tx.connection
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            mark = "%s"
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            mark = "?"
        for table in _tables():
            if rows := prepared.added[table.name]:
                columns = ", ".join(f'"{name}"' for name in rows[0])
                marks = ", ".join(mark for _ in rows[0])
                connection.exec_driver_sql(
                    f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})',
                    [tuple(row.values()) for row in rows],
                )
            for key, row in prepared.changed[table.name]:
                values = ", ".join(f'"{name}" = {mark}' for name in row)
                place = " AND ".join(f'"{column.name}" = {mark}' for column in table.primary_key)
                statement = f'UPDATE "{table.name}" SET {values} WHERE {place}'
                result = connection.exec_driver_sql(statement, (*row.values(), *key))
                assert result.rowcount == 1, (table.name, key)
    assert isinstance(services.clock, Clock)
    services.clock.now = max(services.clock.now, prepared.now)
    return prepared.result
