"""Exports of what is held about a child or an account, as a ZIP file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePath
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa
from jinja2 import Environment, PackageLoader, StrictUndefined
from obstore.exceptions import BaseError
from pydantic_core import to_json
from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col, select

from server.accounts.tables import Account
from server.core.audit import Action, AuditEvent, events_about, record
from server.core.database import Services, Transaction, table_of
from server.core.problems import PortalProblem
from server.documents.service import require_openable
from server.documents.tables import Document
from server.people.service import find_records
from server.records.about_account import columns_to_export, kept_rows, own_rows
from server.records.about_person import rows_about
from shared.values.days import format_day, london_day

PRIVATE = 0o600
CHUNK_BYTES = 256 * 1024

RowsOfTable = list[dict[str, Any]]


@dataclass(frozen=True)
class Export:
    """The rows of each table, and the documents to include."""

    title: str
    tables: dict[str, RowsOfTable]
    documents: list[Document] = field(default_factory=list)
    held: dict[UUID, str] = field(default_factory=dict)
    """Why documents that may hold a virus are left out, by id."""


def export_person(tx: Transaction, person_id: UUID) -> Export:
    """Collect all that is held about a child, and audit it; raises NOT_FOUND."""
    records = find_records(tx, person_id)
    people = [person.id for person in records]
    rows = rows_about(people)
    documents = list(tx.session.exec(select(Document).where(rows[Document])))
    reasons = ((document.id, _reason_held(tx, document)) for document in documents)
    tables = {
        str(table.__tablename__): _read_rows(tx, table, condition)
        for table, condition in reversed(rows.items())
    }
    tables["audit_event"] = _read_rows(tx, AuditEvent, col(AuditEvent.id).in_(events_about(people)))
    record(tx, Action.PERSON_EXPORTED, subject=people[0], person=people[0])
    held = {id: reason for id, reason in reasons if reason}
    return Export(f"What is held about {records[0].name}", tables, documents, held)


def _reason_held(tx: Transaction, document: Document) -> str:
    """Return why a document can't be opened, or ''."""
    try:
        require_openable(tx, document)
    except PortalProblem as problem:
        return problem.problem.detail
    return ""


def export_account(tx: Transaction, account: Account) -> Export:
    """Collect all that is held about an account, and audit it.

    Secrets are left out, and children's data; see `columns_to_export`.
    """
    tables = {
        "account": _read_rows(
            tx, Account, col(Account.id) == account.id, columns_to_export(Account, own=True)
        )
    }
    own, kept = own_rows(account).items(), kept_rows(account.id)
    for table, condition, columns in chain(
        ((table, condition, columns_to_export(table, own=True)) for table, condition in own),
        ((table, condition, columns_to_export(table, own=False)) for table, condition in kept),
    ):
        rows = tables.setdefault(str(table.__tablename__), [])
        rows += _read_rows(tx, table, condition, columns)
    record(tx, Action.ACCOUNT_EXPORTED, account=account.id, subject=account.id)
    return Export(f"What is held about {account.email}", tables)


def _read_rows(
    tx: Transaction,
    table: type[SQLModel],
    condition: ColumnElement[bool],
    columns: Sequence[str] | None = None,
) -> RowsOfTable:
    """Return the rows of a table as dictionaries, with all or the named columns."""
    source = table_of(table)
    names = source.c.keys() if columns is None else columns
    query = sa.select(*(source.c[name] for name in names)).where(condition)
    return [dict(row) for row in tx.session.execute(query).mappings()]


def write_zip(services: Services, export: Export, path: Path) -> None:
    """Write an export to a new file that only its owner can read; raises OSError."""
    with new_file(path) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", to_json(export.tables, indent=2))
        documents = [
            ("" if row.id in export.held else _add_document(services, archive, row), row)
            for row in export.documents
        ]
        page = _render(export, documents, format_day(london_day(services.clock())))
        archive.writestr("index.html", page)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Create a file that only its owner can read; it is deleted again if writing it fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:  # also when interrupted: no part of a record is left
        path.unlink()
        raise


def _add_document(services: Services, archive: ZipFile, document: Document) -> str:
    """Add a document's content and return its name in the archive, or '' if it can't be read."""
    name = f"documents/{document.id}{PurePath(document.name).suffix.lower()}"
    try:
        content = services.store.get(document.key)
    except (BaseError, OSError):
        return ""
    with archive.open(name, "w") as file:
        for chunk in content.stream(CHUNK_BYTES):
            file.write(memoryview(chunk))
    return name


def _render(export: Export, documents: list[tuple[str, Document]], made_at: str) -> str:
    templates = Environment(
        loader=PackageLoader("server.records"), autoescape=True, undefined=StrictUndefined
    )
    return templates.get_template("export.html").render(
        title=export.title,
        made_at=made_at,
        tables=export.tables,
        documents=documents,
        held=export.held,
    )
