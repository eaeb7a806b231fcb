"""Generated rows for every table of a schema, by reflection, whatever its revision."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CHAR,
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    Uuid,
    insert,
)

Row = Mapping[str, Any]
Rows = dict[str, dict[tuple[Any, ...], Row]]
"""The rows of each table, by primary key."""

ROWS_PER_TABLE = 2
"""The first with a value in each column, the second with NULL wherever it is allowed."""
SCHEMA_TABLES = {"alembic_version", "oldest_revision"}
FIXED_VALUES = {
    ("person", "merged_into"): None,  # refers to a child, without a constraint
    ("case_event", "removed_at"): None,  # what was removed does not survive a downgrade
    ("exemption", "removed_at"): None,
    ("document", "scan"): "clean",  # an infected document blocks the downgrade
}

_numbers = count(1)


def reflect(connection: Connection) -> MetaData:
    """Return the tables as they are in the database, but for those about its schema."""
    metadata = MetaData()
    metadata.reflect(connection)
    for name in SCHEMA_TABLES & metadata.tables.keys():
        metadata.remove(metadata.tables[name])
    return metadata


def insert_sample_rows(connection: Connection, metadata: MetaData) -> None:
    """Insert a few rows into each table, which refer to each other."""
    inserted: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        rows = [_make_row(table, index, inserted) for index in range(ROWS_PER_TABLE)]
        connection.execute(insert(table), rows)
        inserted[table.name] = rows


def read_rows(connection: Connection, metadata: MetaData) -> Rows:
    """Return all rows, by table and primary key."""
    return {table.name: dict(_read_table(connection, table)) for table in metadata.sorted_tables}


def _read_table(connection: Connection, table: Table) -> Iterator[tuple[tuple[Any, ...], Row]]:
    # As the driver returns them: compiling and converting would take five times as long.
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key]
    columns = ", ".join(f'"{name}"' for name in names)
    for values in connection.exec_driver_sql(f'SELECT {columns} FROM "{table.name}"').all():
        row = dict(zip(names, values, strict=True))
        yield tuple(row[name] for name in key), row


def _make_row(
    table: Table, index: int, inserted: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    number = next(_numbers)
    is_sparse = index % 2 == 1
    row = {
        column.name: None if is_sparse and column.nullable else _make_value(column, number)
        for column in table.columns
    }
    for key in table.foreign_key_constraints:
        if all(row[name] is not None for name in key.column_keys):
            parent = inserted[key.referred_table.name][index]
            row |= {element.parent.name: parent[element.column.name] for element in key.elements}
    if table.name == "document" and "key" in row:
        row["key"] = str(UUID(str(row["id"])))  # older versions find the content by the id
    return row


def _make_value(column: Column[Any], number: int) -> object:
    place = (column.table.name, column.name)
    if place in FIXED_VALUES:
        return FIXED_VALUES[place]
    match column.type:
        case Boolean():
            return number % 2 == 0
        case Integer():
            return number
        case DateTime(timezone=zoned):
            moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
            return moment if zoned else moment.replace(tzinfo=None)
        case Date():
            return date(2024, 1, 1) + timedelta(days=number)
        case JSON():
            return [number]
        case Uuid():
            return uuid4()
        case CHAR(length=32):  # a UUID on SQLite
            return uuid4().hex
    return f"{column.name} {number}"
