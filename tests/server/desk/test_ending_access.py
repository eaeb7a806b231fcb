"""Ending a professional's access to a child."""

import asyncio
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.desk import access
from server.messages.tables import Message
from server.records.retention import apply_now
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.desk.taking_back import (
    ENDED,
    REASON,
    RECEIVED,
    end_access,
    entries_of,
    person_of,
    publish,
    read,
    read_message,
    subjects,
    upload_plan,
)
from tests.server.documents.test_readers import allocate, can_open
from tests.server.races import during_transaction, make_actor
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    remind,
    required_answers,
    rows,
    save,
    share,
    start,
    submit,
    submit_request,
    upload,
)


@pytest.fixture
def case(me: Someone, services: Services) -> UUID:
    return create_case(me, services)


def test_officer_sees_who_has_access_and_why(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    person = person_of(services, case)
    form = start(me, person)
    share(me, form, bea)
    start(me, person)
    ok(
        officer.post(
            f"/v1/desk/cases/{case}/advice", json=advice_body(outsider, "educational-advice")
        )
    )
    publish(officer, case, upload_plan(officer, services, case), bea)
    by_account = {row.account: row for row in read(officer, case).professionals}
    assert by_account[me.id].reasons == ["added the child", "own request", "own draft"]
    assert by_account[me.id].drafts == 1
    assert by_account[bea.id].reasons == ["a form shared with them", "a published document"]
    assert by_account[outsider.id].reasons == ["asked for advice"]


def test_ended_access_closes_everything_of_the_child_and_keeps_what_was_submitted(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, plan = person_of(services, case), upload_plan(officer, services, case)
    allocate(officer, person, bea)
    shared_form, own_draft = start(me, person), start(bea, person)
    share(me, shared_form, bea)
    own_request = submit_request(bea, person)
    own_upload = UUID(ok(upload(bea, person)).json()["id"])
    publish(officer, case, plan, bea)
    ok(end_access(officer, person, bea))
    for form in (shared_form, own_draft, own_request):
        assert code_of(bea.get(f"/v1/submissions/{form}")) == "not_found"
        assert code_of(save(bea, form, {"strengths": "x"}, '"2"')) == "not_found"
        assert code_of(bea.get(f"/v1/submissions/{form}/versions")) == "not_found"
    assert code_of(bea.get(f"/v1/people/{person}/progress")) == "not_found"
    assert [can_open(bea, document) for document in (plan, own_upload)] == [False, False]
    assert ok(bea.get("/v1/people")).json()["rows"] == []
    assert ok(bea.get("/v1/home")).json()["forms"]["rows"] == []
    detail = read(officer, case)
    assert {row.submission for row in detail.forms} >= {own_request}
    assert [row.account for row in detail.professionals] == [me.id]
    [ended] = detail.ended
    assert (ended.account, ended.by, ended.reason) == (bea.id, "Ada Officer", REASON["reason"])
    assert ended.drafts == 1
    assert ok(me.get(f"/v1/submissions/{shared_form}/sharing")).json()["shared_with"] == []
    [entry] = entries_of(services, Action.ACCESS_ENDED)
    assert (entry.account_id, entry.to_account_id) == (officer.id, bea.id)
    message = read_message(bea, ENDED)
    assert "Ivo" not in f"{message['body']} {message['person_name']}"
    assert REASON["reason"] not in message["body"]


def test_only_an_officer_gives_ended_access_back(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    form, plan = start(me, person), upload_plan(officer, services, case)
    share(me, form, bea)
    draft = start(bea, person)
    publish(officer, case, plan, bea)
    ok(end_access(officer, person, bea))
    path = f"/v1/submissions/{form}"
    assert code_of(me.put(f"{path}/shares/{bea.id}")) == "not_allowed"
    assert code_of(me.post(f"{path}/hand-over", json={"to": str(bea.id)})) == "not_allowed"
    allocate(officer, person, bea)
    assert read(officer, case).ended == []
    ok(bea.get(f"/v1/submissions/{draft}"))
    assert not can_open(bea, plan)
    assert ok(bea.get(f"/v1/people/{person}/progress")).json()["published"] == []
    share(me, form, bea)


def test_form_of_ended_access_is_returned_to_nobody_but_can_be_reassigned(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    [request] = read(officer, case).forms
    ok(end_access(officer, person, me))
    path = f"/v1/desk/submissions/{request.submission}"
    assert code_of(officer.post(f"{path}/return", json={"missing": "Dates."})) == "not_allowed"
    ok(officer.post(f"{path}/reassign", json={"to": str(bea.id)}))
    ok(officer.post(f"{path}/return", json={"missing": "Dates."}))
    assert subjects(me) == [ENDED, RECEIVED]
    assert ok(bea.get(f"/v1/submissions/{request.submission}")).json()["returned"] == "Dates."


def test_ended_access_gets_no_reminder_or_notice_that_names_the_child(
    me: Someone, bea: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(bea, "educational-advice")))
    [advice] = read(officer, case).advice
    ok(end_access(officer, person_of(services, case), bea))
    move_days(clock, services, 40)
    assert remind(services)
    ok(officer.post(f"/v1/desk/advice/{advice.id}/cancel"))
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_issue", on="2026-04-02"))
    assert subjects(bea) == [ENDED, "You are required to submit information"]


@pytest.mark.parametrize("by", ["allocating", "reassigning", "asking for advice"])
def test_restored_access_is_in_the_log_of_the_child(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID, by: str
) -> None:
    person, [form] = person_of(services, case), read(officer, case).forms
    allocate(officer, person, bea)
    ok(end_access(officer, person, bea))
    if by == "allocating":
        allocate(officer, person, bea)
    elif by == "reassigning":
        path = f"/v1/desk/submissions/{form.submission}/reassign"
        ok(officer.post(path, json={"to": str(bea.id)}))
    else:
        ok(record_event(officer, case, "decided_to_assess"))
        path = f"/v1/desk/cases/{case}/advice"
        ok(officer.post(path, json=advice_body(bea, "educational-advice")))
    [ended] = entries_of(services, Action.ACCESS_ENDED)
    [entry] = [entry for entry in audit_of(services) if entry.action == "access_restored"]
    assert (entry.account_id, entry.to_account_id) == (officer.id, bea.id)
    assert (entry.subject_id, entry.person_id) == (ended.subject_id, person)
    log = ok(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    assert "Access restored" in [row["action"] for row in log]


def test_owner_whose_access_ended_is_not_told_of_a_colleagues_submission(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    form = start(me, person)
    share(me, form, bea)
    ok(save(bea, form, required_answers(bea)))
    ok(end_access(officer, person, me))
    ok(submit(bea, form))
    assert subjects(me) == [ENDED, RECEIVED]
    assert subjects(bea)[0] == RECEIVED


def test_owner_whose_access_ended_is_not_told_of_the_deletion_of_a_draft(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID, clock: Clock
) -> None:
    person = person_of(services, case)
    form = start(me, person)
    share(me, form, bea)
    ok(end_access(officer, person, me))
    clock.move(days=335)
    assert asyncio.run(apply_now(services))["draft_notices"] == 1
    notices = [row for row in rows(services, Message) if row.subject == "A draft will be deleted"]
    assert [notice.account_id for notice in notices] == [bea.id]


def test_matching_does_not_give_ended_access_back(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    allocate(officer, person, bea)
    ok(end_access(officer, person, bea))
    again = add_child(bea)
    ok(officer.post(f"/v1/desk/people/{again}/match", json={"same_as": str(person)}))
    for child in (again, person):
        assert code_of(bea.get(f"/v1/people/{child}")) == "not_found"


def test_matching_closes_access_that_was_ended_for_the_other_record(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    known, plan = person_of(services, case), upload_plan(officer, services, case)
    allocate(officer, known, bea)
    shared_form = start(me, known)
    share(me, shared_form, bea)
    publish(officer, case, plan, bea)
    again = add_child(me, first_name="Ivor")
    allocate(officer, again, bea)
    ok(end_access(officer, again, bea))
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    for _ in range(2):
        ok(officer.post(f"/v1/desk/people/{again}/match", json={"same_as": str(known)}))
    assert code_of(bea.get(f"/v1/people/{known}")) == "not_found"
    assert code_of(bea.get(f"/v1/submissions/{shared_form}")) == "not_found"
    assert not can_open(bea, plan)
    assert ok(me.get(f"/v1/submissions/{shared_form}/sharing")).json()["shared_with"] == []
    assert [row.account for row in read(officer, case).ended] == [bea.id]
    assert [entry.to_account_id for entry in entries_of(services, Action.ACCESS_ENDED)] == [
        bea.id,
        bea.id,
    ]
    allocate(officer, known, bea)
    assert code_of(bea.get(f"/v1/submissions/{shared_form}")) == "not_found"
    assert not can_open(bea, plan)


def test_access_is_ended_once(
    me: Someone, outsider: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    assert code_of(end_access(officer, person, outsider)) == "not_found"
    for _ in range(2):
        ok(end_access(officer, person, me))
    assert subjects(me) == [ENDED, RECEIVED]
    assert len(read(officer, case).ended) == 1


@pytest.mark.both_databases
def test_two_officers_end_access_at_once_and_the_first_stands(
    me: Someone, officer: Someone, someone: Factory, services: Services, case: UUID
) -> None:
    other, person = (
        someone("other.officer@leicester.example", staff="officer"),
        person_of(services, case),
    )
    replies: list[Response] = []
    with during_transaction(services, lambda: end_access(other, person, me), replies) as tx:
        access.end_access(tx, make_actor(tx, officer), person, me.id, "I was first.")
    ok(replies[0])
    [ended] = read(officer, case).ended
    assert ended.reason == "I was first."
    assert subjects(me) == [ENDED, RECEIVED]


@pytest.mark.both_databases
def test_publication_waiting_for_the_end_of_access_is_refused(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, plan = person_of(services, case), upload_plan(officer, services, case)
    allocate(officer, person, bea)
    replies: list[Response] = []
    body = {
        "id": str(uuid4()),
        "document": str(plan),
        "kind": "draft_plan",
        "readers": [str(bea.id)],
    }

    def send_publication() -> Response:
        reply: Response = officer.post(f"/v1/desk/cases/{case}/publications", json=body)
        return reply

    with during_transaction(services, send_publication, replies) as tx:
        access.end_access(tx, make_actor(tx, officer), person, bea.id, "Left the school.")
    assert code_of(replies[0]) == "invalid"
    assert subjects(bea)[0] == ENDED
    assert read(officer, case).published == []


@pytest.mark.both_databases
def test_share_waiting_for_the_end_of_access_is_refused(
    me: Someone, bea: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person = person_of(services, case)
    allocate(officer, person, bea)
    form = start(me, person)
    replies: list[Response] = []

    def share_form() -> Response:
        reply: Response = me.put(f"/v1/submissions/{form}/shares/{bea.id}")
        return reply

    with during_transaction(services, share_form, replies) as tx:
        access.end_access(tx, make_actor(tx, officer), person, bea.id, "Left the school.")
    assert code_of(replies[0]) == "not_allowed"
    assert code_of(bea.get(f"/v1/people/{person}")) == "not_found"
