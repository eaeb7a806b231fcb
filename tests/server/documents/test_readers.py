"""Who may open a document that another uploaded: by a form or a publication alone, over HTTP."""

from uuid import UUID, uuid4

import pytest

from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    PDF,
    add_child,
    done,
    required_answers,
    save,
    share,
    start,
    stop_sharing,
    submit,
    upload,
)


def allocate(officer: Someone, person: UUID, to: Someone) -> None:
    done(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(to.id)}))


def naming(*documents: UUID) -> dict[str, object]:
    """Answer with documents."""
    return {
        "documents": [
            {"id": uuid4().hex, "description": "other", "file": str(document)}
            for document in documents
        ]
    }


def upload_one(me: Someone, person: UUID) -> UUID:
    return UUID(done(upload(me, person)).json()["id"])


def can_open(me: Someone, document: UUID) -> bool:
    reply = me.get(f"/v1/documents/{document}/content")
    assert reply.content == PDF or code_of(reply) == "not_found"
    return reply.is_success


@pytest.fixture
def sent(me: Someone) -> tuple[UUID, UUID]:
    """A child, and a document of a request that was submitted for them."""
    person = add_child(me)
    document, form = upload_one(me, person), start(me, person)
    done(save(me, form, required_answers(me) | naming(document)))
    done(submit(me, form))
    return person, document


def test_naming_a_document_in_a_form_of_one_s_own_opens_nothing(
    me: Someone, stranger: Someone, officer: Someone, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    allocate(officer, person, stranger)
    form = start(stranger, person)
    done(save(stranger, form, required_answers(stranger) | naming(document)))
    assert not can_open(stranger, document)
    refused = submit(stranger, form)
    assert code_of(refused) == "not_complete"
    assert "/documents/0/file" in [error["pointer"] for error in refused.json()["errors"]]
    assert can_open(me, document)


def test_a_named_document_is_opened_to_nobody_by_sharing_or_giving_the_form(
    me: Someone, bea: Someone, someone: Factory, officer: Someone, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    cyd, dan = someone("cyd@osierbeck.example"), someone("dan@osierbeck.example")
    for one in (bea, cyd):
        allocate(officer, person, one)
    form = start(bea, person)
    done(save(bea, form, required_answers(bea)))
    done(submit(bea, form))
    done(save(bea, form, naming(document)))
    share(bea, form, cyd)
    # An officer may open whatever was submitted; who gets the form by them may not.
    done(officer.post(f"/v1/desk/submissions/{form}/reassign", json={"to": str(dan.id)}))
    assert [can_open(one, document) for one in (bea, cyd, dan)] == [False, False, False]


def test_what_a_colleague_names_in_my_form_is_not_given_to_them_by_me(
    me: Someone, bea: Someone, someone: Factory, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    cyd = someone("cyd@osierbeck.example")
    form = start(me, person)
    share(me, form, bea)
    done(save(bea, form, naming(document)))
    mine = upload_one(me, person)
    done(save(me, form, naming(document, mine)))
    share(me, form, cyd)
    assert [can_open(one, document) for one in (bea, cyd)] == [False, False]
    assert [can_open(one, mine) for one in (bea, cyd)] == [True, True]


def test_who_lost_a_form_does_not_get_its_documents_back(
    me: Someone, bea: Someone, officer: Someone
) -> None:
    person = add_child(me)
    document, form = upload_one(me, person), start(me, person)
    done(save(me, form, naming(document)))
    allocate(officer, person, bea)
    share(me, form, bea)
    assert can_open(bea, document)
    stop_sharing(me, form, bea)
    done(save(bea, start(bea, person), naming(document)))
    assert not can_open(bea, document)


def test_a_document_named_by_who_may_open_it_is_opened_to_all_who_fill_the_form(
    me: Someone, bea: Someone, someone: Factory, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    cyd = someone("cyd@osierbeck.example")
    form = start(me, person)
    share(me, form, bea)
    hers = upload_one(bea, person)
    done(save(bea, form, naming(hers)))
    done(save(me, form, naming(hers, document)))
    share(me, form, cyd)
    for one in (me, bea, cyd):
        assert (can_open(one, hers), can_open(one, document)) == (True, True)


def test_a_discarded_form_takes_its_documents_from_who_filled_it(
    me: Someone, bea: Someone, officer: Someone, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    allocate(officer, person, bea)
    form = start(me, person)
    done(save(me, form, naming(document)))
    share(me, form, bea)
    assert can_open(bea, document)
    done(me.delete(f"/v1/submissions/{form}"))
    assert not can_open(bea, document)
    assert can_open(me, document)


def test_a_discarded_change_takes_its_documents_from_who_filled_the_form(
    me: Someone, bea: Someone, sent: tuple[UUID, UUID]
) -> None:
    person, document = sent
    old, form = upload_one(me, person), start(me, person)
    done(save(me, form, required_answers(me) | naming(old)))
    share(me, form, bea)
    done(submit(me, form))
    done(save(me, form, naming(document)))
    assert can_open(bea, document)
    done(me.delete(f"/v1/submissions/{form}"))
    assert (can_open(bea, document), can_open(bea, old)) == (False, True)


def test_a_document_of_an_earlier_version_stays_open_to_who_fills_the_form(
    me: Someone, bea: Someone, someone: Factory
) -> None:
    person = add_child(me)
    document, form, beside = upload_one(me, person), start(me, person), start(me, person)
    done(save(me, form, required_answers(me) | naming(document)))
    share(me, form, bea)
    done(submit(me, form))
    done(save(me, form, {"documents": None}))
    done(submit(me, form))
    share(me, beside, bea)
    done(me.delete(f"/v1/submissions/{beside}"))
    cyd = someone("cyd@osierbeck.example")
    share(me, form, cyd)
    assert [can_open(one, document) for one in (bea, cyd)] == [True, True]
