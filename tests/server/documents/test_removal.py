"""Unsubmitted documents are removed with their draft or child, over HTTP."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from obstore.store import ObjectStore
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from server.core.database import Services
from server.documents.tables import Document
from tests.parts import Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import code_of
from tests.server.documents.test_readers import (
    allocate,
    can_open,
    document_answers,
    upload_document,
)
from tests.server.documents.test_upload import is_store_empty, stored_files, sweep_now
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    required_answers,
    rows,
    save,
    share,
    start,
    submit,
    upload,
)


def remaining_documents(services: Services) -> set[UUID]:
    """Sweep and return the ids of the remaining documents, each of which must have bytes."""
    sweep_now(services)
    documents = rows(services, Document)
    assert {file.name for file in stored_files(services)} == {row.key for row in documents}
    return {row.id for row in documents}


def announced_document_count(me: Someone, person: UUID) -> int:
    """Return how many documents are announced to be deleted with a child."""
    documents: int = ok(me.get(f"/v1/people/{person}/removal")).json()["documents"]
    return documents


def discard(me: Someone, submission: UUID) -> None:
    ok(me.delete(f"/v1/submissions/{submission}"))


def test_discarding_a_draft_removes_its_documents(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    form = start(me, person)
    share(me, form, bea)
    mine, bea_document = upload_document(me, person), upload_document(bea, person)
    ok(save(me, form, document_answers(mine)))
    ok(save(bea, form, document_answers(mine, bea_document)))
    discard(me, form)
    assert is_store_empty(services)
    entries = [entry for entry in audit_of(services) if entry.action == "document_removed"]
    assert {entry.subject_id for entry in entries} == {mine, bea_document}
    assert {(entry.account_id, entry.person_id) for entry in entries} == {(me.id, person)}


def test_discarding_a_draft_keeps_documents_used_elsewhere(me: Someone, services: Services) -> None:
    person = add_child(me)
    submitted_document, shared_document, unused = (upload_document(me, person) for _ in range(3))
    first, second, third = (start(me, person) for _ in range(3))
    ok(save(me, first, required_answers(me) | document_answers(submitted_document)))
    ok(submit(me, first))
    ok(save(me, second, document_answers(shared_document)))
    ok(save(me, third, document_answers(submitted_document, shared_document, unused)))
    discard(me, third)
    assert remaining_documents(services) == {submitted_document, shared_document}


def test_discarding_changes_removes_only_their_documents(me: Someone, services: Services) -> None:
    person = add_child(me)
    old, new = upload_document(me, person), upload_document(me, person)
    form = start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(old)))
    ok(submit(me, form))
    ok(save(me, form, document_answers(old, new)))
    discard(me, form)
    assert remaining_documents(services) == {old}


def test_discarding_a_draft_keeps_documents_its_owner_cannot_open(
    me: Someone, bea: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    document = upload_document(me, person)
    allocate(officer, person, bea)
    form = start(bea, person)
    ok(save(bea, form, document_answers(document)))
    discard(bea, form)
    assert remaining_documents(services) == {document}


def test_removing_a_child_removes_unsubmitted_documents(
    me: Someone, bea: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    allocate(officer, person, bea)
    submitted_document, draft_document, _, shared_document, bea_document = (
        *(upload_document(me, person) for _ in range(4)),
        upload_document(bea, person),
    )
    first, second, third = start(me, person), start(me, person), start(bea, person)
    ok(save(me, first, required_answers(me) | document_answers(submitted_document)))
    ok(submit(me, first))
    ok(save(me, second, document_answers(draft_document)))
    share(bea, third, me)
    ok(save(me, third, document_answers(shared_document)))
    assert announced_document_count(me, person) == 2
    ok(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert remaining_documents(services) == {submitted_document, shared_document, bea_document}
    assert can_open(bea, shared_document)


def test_removal_announces_the_number_of_documents(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    assert announced_document_count(me, person) == 0
    upload_document(me, person)
    assert announced_document_count(me, person) == 1
    submitted_document, changed, used_twice = (upload_document(me, person) for _ in range(3))
    first, second, third = (start(me, person) for _ in range(3))
    ok(save(me, first, required_answers(me) | document_answers(submitted_document)))
    ok(submit(me, first))
    ok(save(me, first, document_answers(submitted_document, changed)))
    share(me, second, bea)
    bea_document = upload_document(bea, person)
    ok(save(bea, second, document_answers(bea_document)))
    ok(save(me, second, document_answers(bea_document, used_twice)))
    ok(save(me, third, document_answers(used_twice)))
    before = remaining_documents(services)
    assert announced_document_count(me, person) == 4
    ok(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert len(before - remaining_documents(services)) == 4
    assert remaining_documents(services) == {submitted_document}


def test_removing_a_child_listed_through_a_form_removes_documents(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    form = start(me, person)
    share(me, form, bea)
    ok(me.post(f"/v1/submissions/{form}/hand-over", json={"to": str(bea.id)}))
    upload_document(bea, person)
    assert announced_document_count(bea, person) == 1
    ok(bea.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert is_store_empty(services)


class InterruptedStore:
    """Store that calls a function once, after the first put."""

    def __init__(self, store: ObjectStore, after_put: Callable[[], object]) -> None:
        self._store, self._after_put = store, [after_put]
        self.delete = store.delete
        self.get = store.get

    def put(self, key: str, file: BinaryIO, **options: Any) -> None:
        self._store.put(key, file, **options)
        if self._after_put:
            self._after_put.pop()()


def interrupt_put(app: FastAPI, after_put: Callable[[], object]) -> None:
    services: Services = app.state.services
    store = cast("ObjectStore", InterruptedStore(services.store, after_put))
    app.state.services = replace(services, store=store)


def test_upload_refused_after_storing_leaves_nothing(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person = add_child(me)
    interrupt_put(app, lambda: me.delete(f"/v1/people/{person}"))
    assert code_of(upload(me, person)) == "not_found"
    assert is_store_empty(services)


def test_refused_upload_keeps_the_document_with_its_id(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person, document = add_child(me), uuid4()
    other = PDF + b"%"
    interrupt_put(app, lambda: upload(me, person, other, document=document))
    assert code_of(upload(me, person, document=document)) == "conflict"
    assert remaining_documents(services) == {document}
    assert me.get(f"/v1/documents/{document}/content").content == other


def test_failed_upload_can_be_repeated(me: Someone, app: FastAPI, services: Services) -> None:
    person, document = add_child(me), uuid4()
    errors = [OperationalError("gone", None, ConnectionError())]

    def fail(_: Connection) -> None:
        if errors:
            raise errors.pop()

    interrupt_put(app, lambda: event.listen(services.engine, "begin", fail))
    assert code_of(upload(me, person, document=document)) == "unavailable"
    assert not errors
    assert len(stored_files(services)) == 1
    ok(upload(me, person, document=document))


def test_document_is_synced_before_it_is_committed(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, document = add_child(me), uuid4()
    synced: list[int] = []
    sync = os.fsync

    def fsync(file: int) -> None:
        assert rows(services, Document) == []
        sync(file)
        synced.append(os.fstat(file).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    ok(upload(me, person, document=document))
    [file] = stored_files(services)
    assert synced == [file.stat().st_ino, file.parent.stat().st_ino]
