"""Races between removing a document and submitting, publishing or uploading it."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.accounts.actor import Actor
from server.cases.tables import Case, Publication
from server.core.database import Services, Transaction
from server.documents.service import remove_document
from server.documents.tables import Document
from server.forms.submitting import submit as submit_in_transaction
from server.forms.tables import SubmissionVersion
from shared.accounts import SecondStep, SessionState
from tests.parts import Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import code_of, pointers
from tests.server.documents.files import png
from tests.server.documents.test_readers import document_answers, upload_document
from tests.server.documents.test_upload import stored_files, sweep_now
from tests.server.races import during_transaction, make_actor
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    rows,
    save,
    start,
    submit,
    submit_request,
    upload,
)

pytestmark = pytest.mark.both_databases

ROUNDS = 20
PNG, NAME = png(3, 2), "report.png"
"""A picture, because a process looks into each PDF, which takes longer than the rest."""


def make_professional(tx: Transaction, me: Someone) -> Actor:
    return Actor(
        account_id=me.id,
        session_id=uuid4(),
        name="Ada Senco",
        state=SessionState.SIGNED_IN,
        second_step=SecondStep.EMAIL,
        proved_at=tx.now,
        address="",
    )


def start_form_with_documents(me: Someone, count: int) -> tuple[UUID, list[UUID]]:
    person = add_child(me)
    form, documents = start(me, person), [upload_document(me, person) for _ in range(count)]
    ok(save(me, form, required_answers(me) | document_answers(*documents)))
    return form, documents


def test_document_removed_concurrently_is_not_submitted(me: Someone, services: Services) -> None:
    form, documents = start_form_with_documents(me, 2)
    replies: list[Response] = []
    with during_transaction(services, lambda: submit(me, form), replies) as tx:
        remove_document(tx, make_professional(tx, me), documents[1])
    [reply] = replies
    assert code_of(reply) == "not_complete"
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/documents/1/file"]
    assert rows(services, SubmissionVersion) == []
    [document] = rows(services, Document)
    assert document.kept_at is None


def test_document_submitted_concurrently_is_not_removed(me: Someone, services: Services) -> None:
    form, [document] = start_form_with_documents(me, 1)
    replies: list[Response] = []
    with during_transaction(
        services, lambda: me.delete(f"/v1/documents/{document}"), replies
    ) as tx:
        submit_in_transaction(tx, make_professional(tx, me), form, uuid4())
    assert [code_of(reply) for reply in replies] == ["in_use"]
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_document_removed_concurrently_is_not_published(
    me: Someone, officer: Someone, services: Services
) -> None:
    submit_request(me)
    [case] = rows(services, Case)
    document = upload_document(officer, case.person_id)
    body = {
        "id": str(uuid4()),
        "document": str(document),
        "kind": "draft_plan",
        "readers": [str(me.id)],
    }
    replies: list[Response] = []
    path = f"/v1/desk/cases/{case.id}/publications"
    with during_transaction(services, lambda: officer.post(path, json=body), replies) as tx:
        remove_document(tx, make_actor(tx, officer), document)
    assert [pointers(reply) for reply in replies] == [{"/document"}]
    assert rows(services, Publication) == []


def test_concurrent_removals_remove_once(me: Someone, services: Services) -> None:
    _, [document] = start_form_with_documents(me, 1)
    replies: list[Response] = []
    with during_transaction(
        services, lambda: me.delete(f"/v1/documents/{document}"), replies
    ) as tx:
        remove_document(tx, make_professional(tx, me), document)
    assert [code_of(reply) for reply in replies] == ["not_found"]


@pytest.mark.parametrize("people", [1, 2], ids=["one person", "two people"])
def test_one_of_two_concurrent_uploads_with_one_id_succeeds(
    me: Someone, services: Services, people: int
) -> None:
    children = [add_child(me, first_name=f"Nell {number}") for number in range(people)]
    with ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            document = uuid4()
            contents = [PNG + os.urandom(200_000), PNG + os.urandom(300_000)]
            uploads = [
                threads.submit(
                    upload, me, children[number % people], content, NAME, document=document
                )
                for number, content in enumerate(contents)
            ]
            replies = [future.result() for future in uploads]
            assert sorted(reply.status_code for reply in replies) == [201, 409]
            winner = contents[[reply.status_code for reply in replies].index(201)]
            assert me.get(f"/v1/documents/{document}/content").content == winner
    sweep_now(services)
    documents = rows(services, Document)
    assert {row.key: row.sha256 for row in documents} == {
        file.name: sha256(file.read_bytes()).hexdigest() for file in stored_files(services)
    }
    assert len(documents) == ROUNDS


def test_identical_concurrent_uploads_get_the_same_reply(me: Someone, services: Services) -> None:
    person = add_child(me)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            document = uuid4()
            uploads = [
                threads.submit(upload, me, person, PNG, NAME, document=document) for _ in range(2)
            ]
            first, second = (ok(future.result()) for future in uploads)
            assert first.json() == second.json()
    sweep_now(services)
    assert len(stored_files(services)) == len(rows(services, Document)) == ROUNDS
