"""The sweep deletes stored bytes without a document, and nothing else."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from obstore.exceptions import GenericError
from obstore.store import ObjectStore

from server.app import create_app
from server.core.database import Services
from server.documents.sweep import SWEEP_SECONDS, sweep
from server.documents.tables import Document, UnreferencedKey
from tests.parts import Clock, Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import code_of
from tests.server.documents.test_readers import upload_document
from tests.server.documents.test_upload import is_store_empty, stored_files, sweep_now
from tests.server.steps import add_child, ok, rows, upload

pytestmark = pytest.mark.both_databases

TIMEOUT_SECONDS = 10.0


class CrashingStore:
    """Store that raises an unexpected error during or after a put."""

    def __init__(self, store: ObjectStore, *, halfway: bool) -> None:
        self._store, self._halfway = store, halfway

    def put(self, key: str, file: BinaryIO, **options: Any) -> None:
        self._store.put("unfinished" if self._halfway else key, file, **options)
        raise RuntimeError


def crash_in_upload(app: FastAPI, me: Someone, person: UUID, *, halfway: bool) -> None:
    services: Services = app.state.services
    store = cast("ObjectStore", CrashingStore(services.store, halfway=halfway))
    app.state.services = replace(services, store=store)
    assert upload(me, person).status_code == 500
    app.state.services = services
    if halfway:
        [row] = rows(services, UnreferencedKey)
        folder = services.settings.data / "documents"
        (folder / "unfinished").rename(folder / f"{row.key}#1")


@pytest.mark.parametrize("halfway", [True, False], ids=["while stored", "before the commit"])
def test_bytes_of_a_crashed_upload_are_swept_after_an_hour(
    me: Someone, app: FastAPI, services: Services, clock: Clock, halfway: bool
) -> None:
    person = add_child(me)
    document = upload_document(me, person)
    crash_in_upload(app, me, person, halfway=halfway)
    sweep_now(services)
    assert len(stored_files(services)) == 2
    clock.move(minutes=61)
    sweep_now(services)
    [row] = rows(services, Document)
    assert row.id == document
    assert [file.name for file in stored_files(services)] == [row.key]
    assert rows(services, UnreferencedKey) == []


def test_removed_bytes_are_swept_after_a_crash(me: Someone, services: Services) -> None:
    document = upload_document(me, add_child(me))
    ok(me.delete(f"/v1/documents/{document}"))
    [file], [row] = stored_files(services), rows(services, UnreferencedKey)
    assert (row.key, row.uploading) == (file.name, False)
    assert is_store_empty(services)


def test_server_sweeps_at_startup(me: Someone, services: Services) -> None:
    document = upload_document(me, add_child(me))
    ok(me.delete(f"/v1/documents/{document}"))
    app = create_app(services)

    async def start() -> None:
        async with app.router.lifespan_context(app):
            async with asyncio.timeout(min(TIMEOUT_SECONDS, SWEEP_SECONDS / 2)):
                while stored_files(services):  # noqa: ASYNC110 - the disk cannot signal changes
                    await asyncio.sleep(0.01)

    asyncio.run(start())


def test_files_of_aborted_uploads_are_deleted(services: Services) -> None:
    folder = services.settings.uploads
    folder.mkdir()
    old, new = folder / "old", folder / "new"
    for file in (old, new):
        file.write_bytes(PDF)
    os.utime(old, (0, 0))
    sweep_now(services)
    assert list(folder.iterdir()) == [new]


def test_files_not_stored_by_the_portal_are_kept(me: Someone, services: Services) -> None:
    upload_document(me, add_child(me))
    services.store.put(str(uuid4()), PDF)
    asyncio.run(sweep(services, timedelta()))
    assert len(stored_files(services)) == 2


class UndeletableStore:
    """Store whose deletions fail."""

    def delete(self, _: str) -> None:
        raise GenericError("away")


def test_failed_deletion_is_retried_by_a_later_sweep(me: Someone, services: Services) -> None:
    person = add_child(me)
    for document in [upload_document(me, person) for _ in range(2)]:
        ok(me.delete(f"/v1/documents/{document}"))
    failing_services = replace(services, store=cast("ObjectStore", UndeletableStore()))
    assert asyncio.run(sweep(failing_services)) == 0
    assert len(stored_files(services)) == len(rows(services, UnreferencedKey)) == 2
    assert asyncio.run(sweep(services)) == 2
    assert is_store_empty(services)


class InterruptedStore:
    """Store that calls a function after each put."""

    def __init__(self, store: ObjectStore, after_put: Callable[[], object]) -> None:
        self._store, self._after_put = store, after_put

    def put(self, key: str, file: BinaryIO, **options: Any) -> None:
        self._store.put(key, file, **options)
        self._after_put()


def test_upload_whose_bytes_were_swept_is_not_committed(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person = add_child(me)
    sweeping_store = InterruptedStore(
        services.store, lambda: asyncio.run(sweep(services, timedelta()))
    )
    app.state.services = replace(services, store=cast("ObjectStore", sweeping_store))
    reply = upload(me, person)
    assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert is_store_empty(services)
