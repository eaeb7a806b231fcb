"""Withdrawing publications."""

from uuid import UUID

import pytest
from httpx import Response

from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.desk import publishing
from server.documents.tables import DocumentReader
from shared.desk import CaseOut
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    create_case,
)
from tests.server.desk.taking_back import (
    REASON,
    end_access,
    entries_of,
    person_of,
    publish,
    read,
    read_message,
    subjects,
    upload_plan,
    withdraw,
)
from tests.server.documents.test_readers import allocate, can_open, document_answers
from tests.server.races import during_transaction, make_actor
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    rows,
    save,
    share,
    start,
    submit,
    upload,
)


@pytest.fixture
def case(me: Someone, services: Services) -> UUID:
    return create_case(me, services)


def test_withdrawn_document_is_gone_for_its_readers_and_stays_for_officers(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, document = person_of(services, case), upload_plan(officer, services, case)
    publication = publish(officer, case, document, me)
    assert can_open(me, document)
    [row] = CaseOut.model_validate(ok(withdraw(officer, publication)).json()).published
    assert row.readers == ["Ada Senco (opened 02/03/2026 10:42)"]
    assert (row.withdrawn_by, row.withdrawn_reason) == ("Ada Officer", REASON["reason"])
    assert row.withdrawn_at is not None
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["published"] == []
    assert not can_open(me, document)
    assert code_of(me.get(f"/v1/documents/{document}")) == "not_found"
    assert can_open(officer, document)
    [entry] = entries_of(services, Action.DOCUMENT_WITHDRAWN)
    assert (entry.subject_id, entry.person_id) == (publication, person)


def test_message_and_email_of_a_withdrawal_name_no_child(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    publication = publish(officer, case, upload_plan(officer, services, case), me)
    ok(withdraw(officer, publication))
    message = read_message(me, "A document was withdrawn")
    assert "Draft EHC plan" in message["body"]
    mails = " ".join(f"{mail.subject} {mail.body}" for mail in rows(services, OutboxMail))
    for name in ("Ivo", "Larkspur"):
        assert name not in f"{message['body']} {message['person_name']} {mails}"


def test_naming_a_published_document_in_a_form_does_not_keep_it(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, document = person_of(services, case), upload_plan(officer, services, case)
    publication = publish(officer, case, document, me)
    form = start(me, person)
    share(me, form, bea)
    ok(save(me, form, document_answers(document)))
    assert can_open(bea, document)
    ok(withdraw(officer, publication))
    assert [can_open(reader, document) for reader in (me, bea)] == [False, False]
    assert subjects(bea).count("A document was withdrawn") == 1
    ok(save(me, form, document_answers(document)))
    assert [can_open(reader, document) for reader in (me, bea)] == [False, False]


def test_withdrawal_leaves_what_another_publication_or_the_uploaders_form_gives(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    document = UUID(ok(upload(me, person)).json()["id"])
    form = start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(document)))
    share(me, form, bea)
    ok(submit(me, form))
    case = rows(services, Case)[0].id
    allocate(officer, person, outsider)
    first = publish(officer, case, document, bea, outsider)
    second = publish(officer, case, document, outsider)
    ok(withdraw(officer, first))
    assert [can_open(reader, document) for reader in (me, bea, outsider)] == [True, True, True]
    ok(withdraw(officer, second))
    assert [can_open(reader, document) for reader in (me, bea, outsider)] == [True, True, False]


def test_child_on_a_list_only_for_a_publication_leaves_it_with_the_withdrawal(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    form = start(me, person)
    share(me, form, bea)
    publication = publish(officer, case, upload_plan(officer, services, case), bea)
    ok(me.delete(f"/v1/submissions/{form}/shares/{bea.id}"))
    ok(bea.get(f"/v1/people/{person}"))
    ok(withdraw(officer, publication))
    assert code_of(bea.get(f"/v1/people/{person}")) == "not_found"


@pytest.mark.parametrize("reason", ["", " \n"])
def test_taking_back_needs_a_reason(
    me: Someone, officer: Someone, services: Services, case: UUID, reason: str
) -> None:
    document = upload_plan(officer, services, case)
    publication = publish(officer, case, document, me)
    assert code_of(withdraw(officer, publication, reason=reason)) == "invalid"
    assert code_of(end_access(officer, person_of(services, case), me, reason=reason)) == "invalid"
    assert can_open(me, document)


def test_repeated_withdrawal_keeps_the_first_reason_and_notifies_once(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    publication = publish(officer, case, upload_plan(officer, services, case), me)
    ok(withdraw(officer, publication))
    ok(withdraw(officer, publication, reason="Another reason."))
    [row] = read(officer, case).published
    assert row.withdrawn_reason == REASON["reason"]
    assert subjects(me).count("A document was withdrawn") == 1
    assert len(entries_of(services, Action.DOCUMENT_WITHDRAWN)) == 1


@pytest.mark.both_databases
def test_two_officers_withdraw_at_once_and_the_first_stands(
    me: Someone, officer: Someone, someone: Factory, services: Services, case: UUID
) -> None:
    other = someone("other.officer@leicester.example", staff="officer")
    document = upload_plan(officer, services, case)
    publication = publish(officer, case, document, me)
    replies: list[Response] = []
    with during_transaction(services, lambda: withdraw(other, publication), replies) as tx:
        publishing.withdraw(tx, make_actor(tx, officer), publication, "I was first.")
    [row] = CaseOut.model_validate(ok(replies[0]).json()).published
    assert row.withdrawn_reason == "I was first."
    assert subjects(me).count("A document was withdrawn") == 1
    assert not can_open(me, document)


@pytest.mark.both_databases
def test_save_in_progress_during_a_withdrawal_passes_no_document_on(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, document = person_of(services, case), upload_plan(officer, services, case)
    publication = publish(officer, case, document, me)
    form = start(me, person)
    share(me, form, bea)
    version = str(ok(me.get(f"/v1/submissions/{form}")).headers["ETag"])
    replies: list[Response] = []

    def name_document() -> Response:
        return save(me, form, document_answers(document), version)

    with during_transaction(services, name_document, replies) as tx:
        publishing.withdraw(tx, make_actor(tx, officer), publication, "The wrong child.")
    assert len(replies) == 1
    assert rows(services, DocumentReader) == []
    assert [can_open(reader, document) for reader in (me, bea)] == [False, False]
