"""Check that a server's log holds nothing that users typed, received or were given."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

COLUMNS = {
    "account": ("email", "first_name", "last_name", "phone"),
    "registration": ("email", "details"),
    "work_details": ("organisation", "address", "postcode", "work_phone"),
    "person": ("first_name", "last_name", "address", "postcode", "school"),
    "answer": ("answer",),
    "submission_version": ("answers",),
    "document": ("name",),
    "phrase": ("text",),
    "message": ("body",),
}
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CODE = re.compile(r"\b\d{6}\b")
WORD = re.compile(r"[^\W\d_]{3,}")


def read_log(file: Path) -> list[str]:
    """Return the entries of a log without their times."""
    return [_without_times(line) for line in file.read_text().splitlines()]


def _without_times(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return json.dumps({k: v for k, v in entry.items() if k not in {"timestamp", "milliseconds"}})


def require_clean_log(log: Path, database: Path, mails: Iterable[str]) -> None:
    """Fail if a log holds a text of the database, a token, or a code or link of the mails."""
    entries = read_log(log)
    assert any('"event": "request"' in entry for entry in entries), "Nothing was logged."
    text = "\n".join(entries)
    assert not TOKEN.search(text), TOKEN.search(text)
    codes = {code for mail in mails for code in (*TOKEN.findall(mail), *CODE.findall(mail))}
    for secret in {*_texts(database), *codes}:
        found = re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text)
        assert not found, f"The log holds {secret!r}."


def _texts(database: Path) -> Iterator[str]:
    with sqlite3.connect(database) as connection:
        for table, columns in COLUMNS.items():
            for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                for value in row:
                    yield from _parts(str(value))


def _parts(value: str) -> Iterator[str]:
    """Yield the texts of a value: a name or number as a whole, and the texts of JSON."""
    try:
        content = json.loads(value)
    except ValueError:
        content = value
    pending: list[object] = [content]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and WORD.search(item) and not _is_word_of_the_program(item):
            yield item


def _is_word_of_the_program(text: str) -> bool:
    """Whether a text is an id or a choice, such as `senco`, which are not personal."""
    return re.fullmatch(r"[a-z_]+|[0-9a-f-]{32,36}", text) is not None
