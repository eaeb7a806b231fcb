"""What the store holds without a document is deleted, and nothing else."""

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
from tests.server.accounts.steps import code_of
from tests.server.documents.test_readers import upload_one
from tests.server.documents.test_upload import kept_nothing, stored, sweep_now
from tests.server.steps import PDF, add_child, done, rows, upload

PATIENCE = 10.0


class Crashing:
    """A store that fails as nobody foresaw, in the middle of a put or once bytes are there."""

    def __init__(self, store: ObjectStore, *, halfway: bool) -> None:
        self._store, self._halfway = store, halfway

    def put(self, key: str, file: BinaryIO, **parts: Any) -> None:
        self._store.put("unfinished" if self._halfway else key, file, **parts)
        raise RuntimeError


def crash_in_upload(app: FastAPI, me: Someone, person: UUID, *, halfway: bool) -> None:
    services: Services = app.state.services
    store = cast("ObjectStore", Crashing(services.store, halfway=halfway))
    app.state.services = replace(services, store=store)
    assert upload(me, person).status_code == 500
    app.state.services = services
    if halfway:
        [row] = rows(services, UnreferencedKey)
        folder = services.settings.data / "documents"
        (folder / "unfinished").rename(folder / f"{row.key}#1")


@pytest.mark.parametrize("halfway", [True, False], ids=["while stored", "before the commit"])
def test_bytes_of_an_upload_that_crashed_are_swept_after_an_hour(
    me: Someone, app: FastAPI, services: Services, clock: Clock, halfway: bool
) -> None:
    person = add_child(me)
    kept = upload_one(me, person)
    crash_in_upload(app, me, person, halfway=halfway)
    sweep_now(services)
    assert len(stored(services)) == 2
    clock.move(minutes=61)
    sweep_now(services)
    [row] = rows(services, Document)
    assert row.id == kept
    assert [file.name for file in stored(services)] == [row.key]
    assert rows(services, UnreferencedKey) == []


def test_removed_bytes_survive_no_crash_after_the_commit(me: Someone, services: Services) -> None:
    document = upload_one(me, add_child(me))
    done(me.delete(f"/v1/documents/{document}"))
    [file], [row] = stored(services), rows(services, UnreferencedKey)
    assert (row.key, row.uploading) == (file.name, False)
    assert kept_nothing(services)


def test_a_server_sweeps_when_it_starts(me: Someone, services: Services) -> None:
    document = upload_one(me, add_child(me))
    done(me.delete(f"/v1/documents/{document}"))
    app = create_app(services)

    async def start() -> None:
        async with app.router.lifespan_context(app):
            async with asyncio.timeout(min(PATIENCE, SWEEP_SECONDS / 2)):
                while stored(services):  # noqa: ASYNC110 - the disk tells nobody
                    await asyncio.sleep(0.01)

    asyncio.run(start())


def test_files_of_broken_off_uploads_are_deleted(services: Services) -> None:
    folder = services.settings.uploads
    folder.mkdir()
    old, new = folder / "old", folder / "new"
    for file in (old, new):
        file.write_bytes(PDF)
    os.utime(old, (0, 0))
    sweep_now(services)
    assert list(folder.iterdir()) == [new]


def test_what_the_portal_did_not_store_is_left_alone(me: Someone, services: Services) -> None:
    upload_one(me, add_child(me))
    services.store.put(str(uuid4()), PDF)
    asyncio.run(sweep(services, timedelta()))
    assert len(stored(services)) == 2


class Refusing:
    """A store that deletes nothing."""

    def delete(self, _: str) -> None:
        raise GenericError("away")


def test_bytes_that_could_not_be_deleted_are_deleted_by_a_later_sweep(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    for document in [upload_one(me, person) for _ in range(2)]:
        done(me.delete(f"/v1/documents/{document}"))
    refusing = replace(services, store=cast("ObjectStore", Refusing()))
    assert asyncio.run(sweep(refusing)) == 0
    assert len(stored(services)) == len(rows(services, UnreferencedKey)) == 2
    assert asyncio.run(sweep(services)) == 2
    assert kept_nothing(services)


class Meanwhile:
    """A store in which something happens after bytes were put."""

    def __init__(self, store: ObjectStore, happens: Callable[[], object]) -> None:
        self._store, self._happens = store, happens

    def put(self, key: str, file: BinaryIO, **parts: Any) -> None:
        self._store.put(key, file, **parts)
        self._happens()


def test_an_upload_whose_bytes_were_swept_is_not_committed(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person = add_child(me)
    sweep_all = Meanwhile(services.store, lambda: asyncio.run(sweep(services, timedelta())))
    app.state.services = replace(services, store=cast("ObjectStore", sweep_all))
    refused = upload(me, person)
    assert (refused.status_code, code_of(refused)) == (503, "storage")
    assert kept_nothing(services)
