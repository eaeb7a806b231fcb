"""Data at the end of a run: database rows, stored bytes and delivered emails.

It is read with plain SQL because the server's own code is under test.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, inspect, text

from tests.faults.relay import Mail


@dataclass
class Submission:
    """Stored form, with its answers by field."""

    account: str
    version: int
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Stored:
    """Data that the checker compares with the histories; ids are plain strings.

    `documents` holds the SHA-256 and store key of each document, `bytes` the SHA-256 of the content
    under each key, and `unswept` the keys still to be swept. `start_times` holds a time before each
    start of a server process, when no other was running.
    """

    emails: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    saves: dict[str, tuple[str, int]] = field(default_factory=dict)
    versions: dict[str, tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    documents: dict[str, tuple[str, str]] = field(default_factory=dict)
    bytes: dict[str, str] = field(default_factory=dict)
    unswept: list[str] = field(default_factory=list)
    audit: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_account: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    outbox: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    delivered_emails: Sequence[Mail] = ()
    start_times: Sequence[float] = ()
    damage: list[str] = field(default_factory=list)


def digest_files(documents: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by its path there."""
    return {
        str(file.relative_to(documents)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in documents.rglob("*")
        if file.is_file()
    }


def read_stored(url: str, contents: dict[str, str]) -> Stored:
    """Read the rows while no server is running; `contents` are the SHA-256 by store key."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    stored = Stored()
    with engine.connect() as connection:
        _read_people(connection, stored)
        _read_forms(connection, stored)
        _read_other_tables(connection, stored)
        stored.damage = _find_damage(connection)
    engine.dispose()
    stored.bytes = contents
    return stored


def _select_rows(connection: Connection, columns: str, table: str) -> list[list[Any]]:
    rows = connection.execute(text(f"SELECT {columns} FROM {table}"))
    return [list(row) for row in rows]


def _format_id(value: object) -> str:
    """Format a UUID from SQLite (32 digits) or PostgreSQL; return '' for none."""
    digits = str(value or "").replace("-", "")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts) if digits else ""


def _parse_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _read_people(connection: Connection, stored: Stored) -> None:
    stored.emails = {
        _format_id(id): email for id, email in _select_rows(connection, "id, email", "account")
    }
    stored.people = {
        _format_id(id): _format_id(owner)
        for id, owner in _select_rows(connection, "id, changed_by", "person")
    }


def _read_forms(connection: Connection, stored: Stored) -> None:
    for id, account, version in _select_rows(connection, "id, account_id, version", "submission"):
        stored.submissions[_format_id(id)] = Submission(_format_id(account), version)
    for id, name, answer in _select_rows(
        connection, "submission_id, field, CAST(answer AS TEXT)", "answer"
    ):
        stored.submissions[_format_id(id)].answers[name] = _parse_json(answer)
    for id, submission, version in _select_rows(connection, "id, submission_id, version", "save"):
        stored.saves[_format_id(id)] = _format_id(submission), version
    for id, submission, number, answers in _select_rows(
        connection, "id, submission_id, number, CAST(answers AS TEXT)", "submission_version"
    ):
        stored.versions[_format_id(id)] = _format_id(submission), number, _parse_json(answers)


def _read_other_tables(connection: Connection, stored: Stored) -> None:
    for id, digest, key in _select_rows(connection, "id, sha256, key", "document"):
        stored.documents[_format_id(id)] = digest, key
    stored.unswept = [key for (key,) in _select_rows(connection, "key", "unreferenced_key")]
    for action, account, subject, times in _select_rows(
        connection,
        "action, account_id, subject_id, coalesce(times, 1)",
        "audit_event LEFT JOIN save_run ON event_id = id",
    ):
        stored.audit[action, _format_id(subject)] += times
        stored.by_account[action, _format_id(account)] += times
    for id, account, place, read_at in _select_rows(
        connection, "id, account_id, place, read_at", "message"
    ):
        stored.messages[_format_id(id)] = _format_id(account), place or "", read_at is not None
    for id, to, subject, sent_at in _select_rows(
        connection, 'id, "to", subject, sent_at', "outbox_mail"
    ):
        stored.outbox[_format_id(id)] = to, subject, sent_at is not None


def _find_damage(connection: Connection) -> list[str]:
    """List integrity errors and foreign keys without a target."""
    if connection.dialect.name == "sqlite":
        problems = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
        broken = [str(tuple(row)) for row in connection.execute(text("PRAGMA foreign_key_check"))]
        return [problem for problem in problems if problem != "ok"] + broken
    damage = []
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        for key in inspector.get_foreign_keys(table):
            pairs = list(zip(key["constrained_columns"], key["referred_columns"], strict=True))
            not_null = " AND ".join(f'a."{column}" IS NOT NULL' for column, _ in pairs)
            columns_match = " AND ".join(f'a."{column}" = b."{target}"' for column, target in pairs)
            target_query = f'SELECT 1 FROM "{key["referred_table"]}" AS b WHERE {columns_match}'
            query = (
                f'SELECT count(*) FROM "{table}" AS a'
                f" WHERE {not_null} AND NOT EXISTS ({target_query})"
            )
            if dangling := connection.execute(text(query)).scalar_one():
                damage.append(f"{dangling} rows of {table} refer to no {key['referred_table']}")
    return damage
