"""Documents on full or failing disks, and with damaged bytes."""

import asyncio
import errno
import os
from pathlib import Path
from typing import IO, Any

import pytest

from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.storage import open_store
from server.documents import upload as uploading
from server.documents.content import CHUNK_BYTES, open_content
from server.documents.tables import Document
from tests.parts import Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import code_of
from tests.server.documents.test_readers import upload_document
from tests.server.documents.test_upload import is_store_empty, stored_files
from tests.server.steps import add_child, audit_of, rows, upload

FULL_DEVICE = Path("/dev/full")
LARGE_PDF = PDF + bytes(3 * CHUNK_BYTES)


def make_failing(error_number: int) -> Any:
    def refuse(*_: object, **__: object) -> IO[bytes]:
        raise OSError(error_number, os.strerror(error_number))

    return refuse


@pytest.mark.parametrize("error_number", [errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.EIO])
def test_upload_fails_without_a_temporary_file(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch, error_number: int
) -> None:
    person = add_child(me)
    monkeypatch.setattr(uploading, "TemporaryFile", make_failing(error_number))
    reply = upload(me, person)
    assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert is_store_empty(services)


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="/dev/full does not exist")
@pytest.mark.parametrize("content", [PDF, LARGE_PDF], ids=["small", "large"])
def test_upload_fails_on_a_full_disk(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    person = add_child(me)
    monkeypatch.setattr(uploading, "TemporaryFile", lambda **_: FULL_DEVICE.open("w+b"))
    reply = upload(me, person, content)
    assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert is_store_empty(services)


@pytest.mark.parametrize("error_number", [errno.ENOSPC, errno.EIO])
def test_upload_fails_if_bytes_cannot_be_synced(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch, error_number: int
) -> None:
    person = add_child(me)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", make_failing(error_number))
        reply = upload(me, person)
    assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert is_store_empty(services)


def test_document_without_bytes_is_a_storage_problem(me: Someone, services: Services) -> None:
    document = upload_document(me, add_child(me))
    [file] = stored_files(services)
    file.unlink()
    reply = me.get(f"/v1/documents/{document}/content")
    assert (reply.status_code, code_of(reply)) == (503, "storage")


@pytest.mark.parametrize("content", [PDF[:-1] + b"%", PDF[:-1], b""], ids=["other", "cut", "none"])
def test_damaged_bytes_are_not_sent(me: Someone, services: Services, content: bytes) -> None:
    document = upload_document(me, add_child(me))
    [file] = stored_files(services)
    file.write_bytes(content)
    reply = me.get(f"/v1/documents/{document}/content")
    assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert "document_read" not in {entry.action for entry in audit_of(services)}


def test_large_damaged_document_is_not_sent_completely(me: Someone, services: Services) -> None:
    assert upload(me, add_child(me), LARGE_PDF).status_code == 201
    [file], [row] = stored_files(services), rows(services, Document)
    assert read_content(services, row) == (LARGE_PDF, True)
    file.write_bytes(LARGE_PDF[:-1] + b"%")
    content, complete = read_content(services, row)
    assert not complete
    assert 0 < len(content) < len(LARGE_PDF)


def read_content(services: Services, document: Document) -> tuple[bytes, bool]:
    """Return the content that is sent and whether it is complete."""
    content = bytearray()

    async def read() -> bool:
        try:
            async for chunk in await open_content(services, document):
                content.extend(chunk)
        except PortalProblem:
            return False
        return True

    complete = asyncio.run(read())
    return bytes(content), complete


def test_new_folders_are_synced_in_their_parents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    open_store(f"file://{tmp_path / 'data' / 'documents'}")
    assert set(synced) == {folder.stat().st_ino for folder in (tmp_path, tmp_path / "data")}
    synced.clear()
    open_store(f"file://{tmp_path / 'data' / 'documents'}")
    assert synced == []
