"""P10: reads and saves with 1,000,000 stored submissions, compared with 1,000.

Set `BENCH_SUBMISSIONS` to a smaller number if disk space is short: a million take 1.3 GB.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from uuid import uuid4

from sqlmodel import SQLModel

from benchmarks.jobs import Job, read, save
from benchmarks.prose import prose
from benchmarks.row import Row, measure_in_turn
from benchmarks.seeding import LONG_TEXT
from benchmarks.tutorial import format_clients, run_portal
from server.accounts.tables import Account
from server.core.audit import Action
from server.forms.tables import StoredAnswer, Submission
from server.people.tables import ListedPerson, Person

FEW, MANY = 1_000, int(os.environ.get("BENCH_SUBMISSIONS", "1000000"))
CLIENT_COUNTS = (1, 16)
GOAL = 1.3
JOBS: dict[str, Job] = {"read": read, "save": save}
NEW_ID = "lower(hex(randomblob(16)))"
"""SQL expression for a random id, as SQLite stores ids."""
ANSWER = f"'{json.dumps(prose(200))}'"
FORMS_PER_CHILD, FORMS_PER_ACCOUNT = 10, 50


def measure_rows() -> Iterator[Row]:
    """Compare reads and saves with many submissions with those with few."""
    max_clients = max(CLIENT_COUNTS)
    with (
        run_portal(max_clients, partial(add_submissions, count=FEW)) as few,
        run_portal(max_clients, partial(add_submissions, count=MANY)) as many,
    ):
        for (job_name, job), clients in product(JOBS.items(), CLIENT_COUNTS):
            results = measure_in_turn(
                {
                    "few": partial(few.run, job, clients),
                    "many": partial(many.run, job, clients),
                }
            )
            milliseconds = {
                name: 1000 * clients / median(run.rate for run in results[name]) for name in results
            }
            label = f"{job_name}, {format_clients(clients)}, {MANY:,} vs {FEW:,}"
            yield Row("P10", label, milliseconds["many"], milliseconds["few"], GOAL, "ms")


def add_submissions(path: Path, count: int) -> None:
    """Add submitted forms of other professionals, each with an answer, a save and an audit row.

    The rows of the measured professionals do not change.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        _add_owners(connection, count)
        _add_forms(connection, count)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _add_owners(connection: sqlite3.Connection, submissions: int) -> None:
    _create_ids(connection, "new_account", submissions // FORMS_PER_ACCOUNT)
    _create_ids(connection, "new_person", submissions // FORMS_PER_CHILD)
    account = _id_query("new_account", f"n.n % {submissions // FORMS_PER_ACCOUNT}")
    _insert_copies(
        connection, Account, "new_account", {"id": "n.id", "email": "n.id || '@wren.example'"}
    )
    _insert_copies(connection, Person, "new_person", {"id": "n.id", "changed_by": account})
    _insert_copies(
        connection, ListedPerson, "new_person", {"person_id": "n.id", "account_id": account}
    )


def _add_forms(connection: sqlite3.Connection, count: int) -> None:
    _create_ids(connection, "new_form", count)
    person = _id_query("new_person", f"n.n / {FORMS_PER_CHILD}")
    account = _id_query("new_account", f"n.n / {FORMS_PER_CHILD} % {count // FORMS_PER_ACCOUNT}")
    submission = {
        "id": "n.id",
        "person_id": person,
        "account_id": account,
        "state": "'submitted'",
        "reference": "'EHC-' || n.n",
        "submitted_at": "t.saved_at",
    }
    _insert_copies(connection, Submission, "new_form", submission)
    answer = {
        "submission_id": "n.id",
        "field": f"'{LONG_TEXT}'",
        "account_id": account,
        "answer": ANSWER,
    }
    _insert_copies(connection, StoredAnswer, "new_form", answer)
    created_at = "(SELECT created_at FROM account LIMIT 1)"
    connection.execute(
        "INSERT INTO save (id, submission_id, version, saved_at)"
        f" SELECT {NEW_ID}, n.id, 1, {created_at} FROM new_form n"
    )
    connection.execute(
        "INSERT INTO audit_event (at, action, account_id, subject_id, person_id, address)"
        f" SELECT {created_at}, '{Action.FORM_SAVED}', {account}, n.id, {person}, '127.0.0.1'"
        " FROM new_form n"
    )


def _create_ids(connection: sqlite3.Connection, table: str, count: int) -> None:
    """Create a temporary table of numbered random ids."""
    connection.execute(f"CREATE TEMP TABLE {table} (n INTEGER PRIMARY KEY, id TEXT)")
    ids = ((number, uuid4().hex) for number in range(count))
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", ids)


def _id_query(table: str, number: str) -> str:
    return f"(SELECT ids.id FROM {table} ids WHERE ids.n = {number})"


def _insert_copies(
    connection: sqlite3.Connection,
    table: type[SQLModel],
    source: str,
    overrides: Mapping[str, str],
) -> None:
    """Copy a table's first row once for each row `n` of `source`, with some columns changed."""
    name = f'"{table.__tablename__}"'
    columns = list(SQLModel.metadata.tables[str(table.__tablename__)].columns.keys())
    values = ", ".join(overrides.get(column, f"t.{column}") for column in columns)
    connection.execute(
        f"INSERT INTO {name} ({', '.join(columns)})"
        f" SELECT {values} FROM {source} n, (SELECT * FROM {name} LIMIT 1) t ORDER BY n.n"
    )
