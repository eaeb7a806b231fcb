"""Access to documents uploaded by others, through forms and publications, over HTTP."""

from uuid import UUID, uuid4

import pytest

from tests.parts import Factory, Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    share,
    start,
    stop_sharing,
    submit,
    upload,
)


def allocate(officer: Someone, person: UUID, to: Someone) -> None:
    ok(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(to.id)}))


def document_answers(*documents: UUID) -> dict[str, object]:
    """Build answers that refer to documents."""
    return {
        "documents": [
            {"id": uuid4().hex, "description": "other", "file": str(document)}
            for document in documents
        ]
    }


def upload_document(me: Someone, person: UUID) -> UUID:
    return UUID(ok(upload(me, person)).json()["id"])


def can_open(me: Someone, document: UUID) -> bool:
    reply = me.get(f"/v1/documents/{document}/content")
    assert reply.content == PDF or code_of(reply) == "not_found"
    return reply.is_success


@pytest.fixture
def submitted_document(me: Someone) -> tuple[UUID, UUID]:
    """Ids of a child and of a document in a submitted request."""
    person = add_child(me)
    document, form = upload_document(me, person), start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(document)))
    ok(submit(me, form))
    return person, document


def test_referring_to_a_document_grants_no_access(
    me: Someone, outsider: Someone, officer: Someone, submitted_document: tuple[UUID, UUID]
) -> None:
    person, document = submitted_document
    allocate(officer, person, outsider)
    form = start(outsider, person)
    ok(save(outsider, form, required_answers(outsider) | document_answers(document)))
    assert not can_open(outsider, document)
    reply = submit(outsider, form)
    assert code_of(reply) == "not_complete"
    assert "/documents/0/file" in [error["pointer"] for error in reply.json()["errors"]]
    assert can_open(me, document)


def test_sharing_or_reassigning_a_form_grants_no_access_to_inaccessible_documents(
    me: Someone,
    bea: Someone,
    someone: Factory,
    officer: Someone,
    submitted_document: tuple[UUID, UUID],
) -> None:
    person, document = submitted_document
    cyd, dan = someone("cyd@osierbeck.example"), someone("dan@osierbeck.example")
    for reader in (bea, cyd):
        allocate(officer, person, reader)
    form = start(bea, person)
    ok(save(bea, form, required_answers(bea)))
    ok(submit(bea, form))
    ok(save(bea, form, document_answers(document)))
    share(bea, form, cyd)
    # An officer may open any submitted document; the account they reassign the form to may not.
    ok(officer.post(f"/v1/desk/submissions/{form}/reassign", json={"to": str(dan.id)}))
    assert [can_open(reader, document) for reader in (bea, cyd, dan)] == [False, False, False]


def test_colleague_cannot_gain_access_through_my_form(
    me: Someone, bea: Someone, someone: Factory, submitted_document: tuple[UUID, UUID]
) -> None:
    person, document = submitted_document
    cyd = someone("cyd@osierbeck.example")
    form = start(me, person)
    share(me, form, bea)
    ok(save(bea, form, document_answers(document)))
    mine = upload_document(me, person)
    ok(save(me, form, document_answers(document, mine)))
    share(me, form, cyd)
    assert [can_open(reader, document) for reader in (bea, cyd)] == [False, False]
    assert [can_open(reader, mine) for reader in (bea, cyd)] == [True, True]


def test_documents_of_a_form_no_longer_shared_stay_inaccessible(
    me: Someone, bea: Someone, officer: Someone
) -> None:
    person = add_child(me)
    document, form = upload_document(me, person), start(me, person)
    ok(save(me, form, document_answers(document)))
    allocate(officer, person, bea)
    share(me, form, bea)
    assert can_open(bea, document)
    stop_sharing(me, form, bea)
    ok(save(bea, start(bea, person), document_answers(document)))
    assert not can_open(bea, document)


def test_document_added_with_access_is_open_to_all_who_fill_the_form(
    me: Someone, bea: Someone, someone: Factory, submitted_document: tuple[UUID, UUID]
) -> None:
    person, document = submitted_document
    cyd = someone("cyd@osierbeck.example")
    form = start(me, person)
    share(me, form, bea)
    bea_document = upload_document(bea, person)
    ok(save(bea, form, document_answers(bea_document)))
    ok(save(me, form, document_answers(bea_document, document)))
    share(me, form, cyd)
    for reader in (me, bea, cyd):
        assert (can_open(reader, bea_document), can_open(reader, document)) == (True, True)


def test_discarding_a_form_revokes_access_to_its_documents(
    me: Someone, bea: Someone, officer: Someone, submitted_document: tuple[UUID, UUID]
) -> None:
    person, document = submitted_document
    allocate(officer, person, bea)
    form = start(me, person)
    ok(save(me, form, document_answers(document)))
    share(me, form, bea)
    assert can_open(bea, document)
    ok(me.delete(f"/v1/submissions/{form}"))
    assert not can_open(bea, document)
    assert can_open(me, document)


def test_discarding_changes_revokes_access_to_their_documents(
    me: Someone, bea: Someone, submitted_document: tuple[UUID, UUID]
) -> None:
    person, document = submitted_document
    old, form = upload_document(me, person), start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(old)))
    share(me, form, bea)
    ok(submit(me, form))
    ok(save(me, form, document_answers(document)))
    assert can_open(bea, document)
    ok(me.delete(f"/v1/submissions/{form}"))
    assert (can_open(bea, document), can_open(bea, old)) == (False, True)


def test_document_of_an_earlier_version_stays_accessible(
    me: Someone, bea: Someone, someone: Factory
) -> None:
    person = add_child(me)
    document, form, other_form = upload_document(me, person), start(me, person), start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(document)))
    share(me, form, bea)
    ok(submit(me, form))
    ok(save(me, form, {"documents": None}))
    ok(submit(me, form))
    share(me, other_form, bea)
    ok(me.delete(f"/v1/submissions/{other_form}"))
    cyd = someone("cyd@osierbeck.example")
    share(me, form, cyd)
    assert [can_open(reader, document) for reader in (bea, cyd)] == [True, True]
