"""Migrations keep documents."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from server.accounts.tables import Account
from server.core import migrate
from server.core.database import open_database
from server.documents.tables import Document, DocumentReader, UnreferencedKey
from server.people.tables import Person
from shared.documents import ScanState
from tests.server.core.test_migrate import insert_rows, make_account, make_child

pytestmark = pytest.mark.both_databases


def make_document(child: Person, account: Account) -> Document:
    id = uuid4()
    return Document(
        id=id,
        person_id=child.id,
        account_id=account.id,
        name="report.pdf",
        size=1,
        media_type="",
        type_label="",
        sha256="",
        uploaded_at=account.created_at,
        key=str(id),
    )


def test_old_documents_are_due_to_be_scanned(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    ivo = make_child(account)
    document = make_document(ivo, account)
    document.scan, document.next_scan_at = ScanState.CLEAN, None
    insert_rows(engine, [account, ivo, document])
    migrate.downgrade(engine, "0016")
    migrate.upgrade(engine)
    with Session(engine) as session:
        migrated = session.exec(select(Document)).one()
        assert (migrated.scan, migrated.scan_attempts) == (ScanState.CHECKING, 0)
        assert migrated.next_scan_at == document.uploaded_at
        migrated.scan = ScanState.INFECTED
        session.add(migrated)
        session.commit()
    with pytest.raises(RuntimeError, match="would serve them"):
        migrate.downgrade(engine, "0016")
    assert migrate.is_up_to_date(engine)
    engine.dispose()


def test_old_documents_are_stored_under_their_ids(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    ivo = make_child(account)
    document = make_document(ivo, account)
    reader = DocumentReader(document_id=document.id, account_id=account.id)
    removed = UnreferencedKey(key="of another", since=account.created_at, uploading=False)
    insert_rows(engine, [account, ivo, document, reader, removed])
    migrate.downgrade(engine, "0007")
    migrate.upgrade(engine)
    with Session(engine) as session:
        migrated = session.exec(select(Document)).one()
        assert (migrated.id, migrated.key) == (document.id, str(document.id))
        assert session.exec(select(DocumentReader.document_id)).one() == document.id
        migrated.key = f"{migrated.id}-0"
        session.add(migrated)
        session.commit()
    with pytest.raises(RuntimeError, match="older version can't find"):
        migrate.downgrade(engine, "0007")
    assert migrate.is_up_to_date(engine)
    engine.dispose()
