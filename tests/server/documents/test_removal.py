"""Documents that were never submitted go with their draft or child, row and bytes, over HTTP."""

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
from tests.server.accounts.steps import code_of
from tests.server.documents.test_readers import allocate, can_open, naming, upload_one
from tests.server.documents.test_upload import kept_nothing, stored, sweep_now
from tests.server.steps import (
    PDF,
    add_child,
    audit_of,
    done,
    required_answers,
    rows,
    save,
    share,
    start,
    submit,
    upload,
)


def kept(services: Services) -> set[UUID]:
    """Tell the documents that are kept: those with a row are those with bytes."""
    sweep_now(services)
    found = rows(services, Document)
    assert {file.name for file in stored(services)} == {row.key for row in found}
    return {row.id for row in found}


def told(me: Someone, person: UUID) -> int:
    """How many documents it is told that taking a child off the list would take."""
    documents: int = done(me.get(f"/v1/people/{person}/removal")).json()["documents"]
    return documents


def discard(me: Someone, submission: UUID) -> None:
    done(me.delete(f"/v1/submissions/{submission}"))


def test_a_discarded_draft_takes_what_was_uploaded_for_it(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    form = start(me, person)
    share(me, form, bea)
    mine, hers = upload_one(me, person), upload_one(bea, person)
    done(save(me, form, naming(mine)))
    done(save(bea, form, naming(mine, hers)))
    discard(me, form)
    assert kept_nothing(services)
    lines = [line for line in audit_of(services) if line.action == "document_removed"]
    assert {line.subject_id for line in lines} == {mine, hers}
    assert {(line.account_id, line.person_id) for line in lines} == {(me.id, person)}


def test_a_discarded_draft_leaves_what_another_form_names_or_was_submitted(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    sent, shared, gone = (upload_one(me, person) for _ in range(3))
    first, second, third = (start(me, person) for _ in range(3))
    done(save(me, first, required_answers(me) | naming(sent)))
    done(submit(me, first))
    done(save(me, second, naming(shared)))
    done(save(me, third, naming(sent, shared, gone)))
    discard(me, third)
    assert kept(services) == {sent, shared}


def test_a_discarded_change_takes_what_was_uploaded_for_it_alone(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    old, new = upload_one(me, person), upload_one(me, person)
    form = start(me, person)
    done(save(me, form, required_answers(me) | naming(old)))
    done(submit(me, form))
    done(save(me, form, naming(old, new)))
    discard(me, form)
    assert kept(services) == {old}


def test_a_draft_takes_no_document_that_its_owner_may_not_open(
    me: Someone, bea: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    document = upload_one(me, person)
    allocate(officer, person, bea)
    form = start(bea, person)
    done(save(bea, form, naming(document)))
    discard(bea, form)
    assert kept(services) == {document}


def test_a_child_taken_off_the_list_takes_all_that_was_not_submitted(
    me: Someone, bea: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    allocate(officer, person, bea)
    sent, drafted, _, given, hers = (
        *(upload_one(me, person) for _ in range(4)),
        upload_one(bea, person),
    )
    first, second, third = start(me, person), start(me, person), start(bea, person)
    done(save(me, first, required_answers(me) | naming(sent)))
    done(submit(me, first))
    done(save(me, second, naming(drafted)))
    share(bea, third, me)
    done(save(me, third, naming(given)))
    assert told(me, person) == 2
    done(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert kept(services) == {sent, given, hers}
    assert can_open(bea, given)


def test_taking_a_child_off_the_list_tells_how_many_documents_it_takes(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    assert told(me, person) == 0
    upload_one(me, person)
    assert told(me, person) == 1
    sent, added, twice = (upload_one(me, person) for _ in range(3))
    first, second, third = (start(me, person) for _ in range(3))
    done(save(me, first, required_answers(me) | naming(sent)))
    done(submit(me, first))
    done(save(me, first, naming(sent, added)))
    share(me, second, bea)
    hers = upload_one(bea, person)
    done(save(bea, second, naming(hers)))
    done(save(me, second, naming(hers, twice)))
    done(save(me, third, naming(twice)))
    before = kept(services)
    assert told(me, person) == 4
    done(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert len(before - kept(services)) == 4
    assert kept(services) == {sent}


def test_a_child_had_by_a_form_alone_takes_what_was_uploaded_too(
    me: Someone, bea: Someone, services: Services
) -> None:
    person = add_child(me)
    form = start(me, person)
    share(me, form, bea)
    done(me.post(f"/v1/submissions/{form}/hand-over", json={"to": str(bea.id)}))
    upload_one(bea, person)
    assert told(bea, person) == 1
    done(bea.delete(f"/v1/people/{person}", params={"drafts": True}))
    assert kept_nothing(services)


class Meanwhile:
    """A store in which something happens once, after bytes were put."""

    def __init__(self, store: ObjectStore, happens: Callable[[], object]) -> None:
        self._store, self._happens = store, [happens]
        self.delete = store.delete
        self.get = store.get

    def put(self, key: str, file: BinaryIO, **parts: Any) -> None:
        self._store.put(key, file, **parts)
        if self._happens:
            self._happens.pop()()


def meanwhile(app: FastAPI, happens: Callable[[], object]) -> None:
    services: Services = app.state.services
    store = cast("ObjectStore", Meanwhile(services.store, happens))
    app.state.services = replace(services, store=store)


def test_an_upload_that_is_refused_once_stored_leaves_nothing(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person = add_child(me)
    meanwhile(app, lambda: me.delete(f"/v1/people/{person}"))
    assert code_of(upload(me, person)) == "not_found"
    assert kept_nothing(services)


def test_an_upload_that_is_refused_leaves_what_was_kept_under_its_id(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person, document = add_child(me), uuid4()
    other = PDF + b"%"
    meanwhile(app, lambda: upload(me, person, other, document=document))
    assert code_of(upload(me, person, document=document)) == "conflict"
    assert kept(services) == {document}
    assert me.get(f"/v1/documents/{document}/content").content == other


def test_an_upload_that_fails_in_passing_takes_nothing_from_its_repeat(
    me: Someone, app: FastAPI, services: Services
) -> None:
    person, document = add_child(me), uuid4()
    away = [OperationalError("gone", None, ConnectionError())]

    def gone(_: Connection) -> None:
        if away:
            raise away.pop()

    meanwhile(app, lambda: event.listen(services.engine, "begin", gone))
    assert code_of(upload(me, person, document=document)) == "unavailable"
    assert not away
    assert len(stored(services)) == 1
    done(upload(me, person, document=document))


def test_a_stored_document_is_on_the_disk_before_it_is_told_of(
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
    done(upload(me, person, document=document))
    [file] = stored(services)
    assert synced == [file.stat().st_ino, file.parent.stat().st_ino]
