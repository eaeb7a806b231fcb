"""Sending the draft or the final plan, with its document."""

from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.cases.tables import CaseEvent, Publication
from server.core.audit import Action
from server.core.database import Services
from server.desk.publishing import add_readers
from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case_in_assessment, match_child, record_event
from tests.server.desk.taking_back import (
    end_access,
    entries_of,
    person_of,
    publish,
    read,
    subjects,
    upload_plan,
    withdraw,
)
from tests.server.desk.test_filing import file
from tests.server.documents.test_readers import allocate, can_open
from tests.server.races import during_transaction, make_actor
from tests.server.steps import ok, rows


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services) -> UUID:
    """A case in which it is decided to issue a plan."""
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_issue"))
    return case


def plan_of(document: UUID, *readers: Someone) -> dict[str, object]:
    ids = [str(reader.id) for reader in readers]
    return {"id": str(uuid4()), "document": str(document), "readers": ids}


def test_step_publishes_its_plan_and_is_safe_to_repeat(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    draft, final = (upload_plan(officer, services, case) for _ in range(2))
    ok(file(officer, case, draft, "Draft of 2 March"))
    assert not can_open(me, draft)
    plan, event = plan_of(draft, me), str(uuid4())
    warned = record_event(officer, case, "draft_served", id=event, plan=plan, confirmed=False)
    assert code_of(warned) == "needs_confirmation"
    named = "The plan is the file plan.pdf.\n“Draft of 2 March” is for officers only. Its readers"
    assert named in warned.json()["detail"]
    assert not can_open(me, draft)
    for _ in range(2):
        ok(record_event(officer, case, "draft_served", id=event, plan=plan))
    shown = read(officer, case)
    assert (shown.state, shown.filed) == ("representations", [])
    [row] = shown.published
    assert (row.document, row.kind, row.title) == (draft, "draft_plan", "Draft EHC plan")
    assert can_open(me, draft)
    ok(record_event(officer, case, "representations_recorded"))
    ok(record_event(officer, case, "final_issued", plan=plan_of(final, me)))
    assert [row.kind for row in read(officer, case).published] == ["final_plan", "draft_plan"]
    assert subjects(me).count("Final EHC plan to read") == 1
    assert len(entries_of(services, Action.DOCUMENT_PUBLISHED)) == 2
    progress = ok(me.get(f"/v1/people/{person_of(services, case)}/progress")).json()
    assert len(progress["published"]) == 2


def test_step_and_its_plan_are_recorded_together_or_not_at_all(
    me: Someone, outsider: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    draft = upload_plan(officer, services, case)
    ok(file(officer, case, draft))
    events = len(rows(services, CaseEvent))
    reply = record_event(officer, case, "draft_served", plan=plan_of(draft, outsider))
    assert (code_of(reply), reply.json()["errors"][0]["pointer"]) == ("invalid", "/readers")
    reply = record_event(officer, case, "draft_served", plan=plan_of(uuid4(), me))
    assert reply.json()["errors"][0]["pointer"] == "/document"
    reply = record_event(officer, case, "withdrawn", plan=plan_of(draft, me))
    assert (code_of(reply), reply.json()["errors"][0]["pointer"]) == ("invalid", "/plan")
    stale = record_event(officer, case, "draft_served", plan=plan_of(draft, me), version=1)
    assert code_of(stale) == "conflict"
    assert (len(rows(services, CaseEvent)), rows(services, Publication)) == (events, [])
    assert [row.document for row in read(officer, case).filed] == [draft]
    assert not can_open(me, draft)


def test_plan_is_withdrawn_when_its_step_is_undone(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    draft, other = (upload_plan(officer, services, case) for _ in range(2))
    publish(officer, case, other, me, kind="other")
    ok(record_event(officer, case, "draft_served", plan=plan_of(draft, me)))
    sent = read(officer, case)
    assert [event.withdraws_plan for event in sent.events][-2:] == [False, True]
    path = f"/v1/desk/cases/{case}/events/{sent.events[-1].id}/undo"
    for _ in range(2):
        ok(officer.post(path, json={"version": sent.version}))
    by_document = {row.document: row for row in read(officer, case).published}
    plan = by_document[draft]
    assert (plan.withdrawn_by, plan.withdrawn_reason) == ("Ada Officer", "The step was undone")
    assert by_document[other].withdrawn_at is None
    assert (can_open(me, draft), can_open(me, other)) == (False, True)
    assert subjects(me).count("A document was withdrawn") == 1
    [entry] = entries_of(services, Action.DOCUMENT_WITHDRAWN)
    assert (entry.subject_id, entry.person_id) == (plan.id, sent.person.id)
    reply = record_event(officer, case, "draft_served", confirmed=False)
    assert "No draft plan is published since the last." in reply.json()["detail"]


def test_plan_without_document_or_reader_warns(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    reply = record_event(officer, case, "draft_served", confirmed=False)
    assert "No draft plan is published since the last." in reply.json()["detail"]
    plan = plan_of(upload_plan(officer, services, case))
    reply = record_event(officer, case, "draft_served", plan=plan, confirmed=False)
    assert "Nobody is chosen to read the plan in the portal" in reply.json()["detail"]
    ok(record_event(officer, case, "draft_served", plan=plan))
    [row] = read(officer, case).published
    assert row.readers == []
    assert "Draft EHC plan to read" not in subjects(me)


def test_published_plan_gets_further_readers_once(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    person, plan = person_of(services, case), plan_of(upload_plan(officer, services, case))
    document, path = UUID(str(plan["document"])), f"/v1/desk/publications/{plan['id']}/readers"
    ok(record_event(officer, case, "draft_served", plan=plan))
    body = {"readers": [str(me.id), str(bea.id)]}
    refused = officer.post(path, json=body)
    assert (code_of(refused), refused.json()["errors"][0]["pointer"]) == ("invalid", "/readers")
    assert me.post(path, json=body).status_code == 403
    assert not can_open(me, document)
    allocate(officer, person, bea)
    for _ in range(2):
        ok(officer.post(path, json=body))
    [row] = read(officer, case).published
    assert set(row.reader_ids) == {me.id, bea.id}
    assert [can_open(reader, document) for reader in (me, bea, outsider)] == [True, True, False]
    assert [subjects(reader).count("Draft EHC plan to read") for reader in (me, bea)] == [1, 1]
    entries = entries_of(services, Action.DOCUMENT_PUBLISHED)
    assert [entry.to_account_id for entry in entries] == [None, me.id, bea.id]
    assert {(entry.subject_id, entry.person_id) for entry in entries} == {(row.id, person)}
    ok(end_access(officer, person, bea))
    assert read(officer, case).published[0].reader_ids == [me.id]
    allocate(officer, person, bea)
    assert not can_open(bea, document)
    ok(officer.post(path, json=body))
    assert can_open(bea, document)
    ok(withdraw(officer, row.id))
    assert [can_open(reader, document) for reader in (me, bea)] == [False, False]
    assert code_of(officer.post(path, json=body)) == "not_allowed"
    assert not can_open(me, document)


@pytest.mark.parametrize("group", ["both", "one each"])
@pytest.mark.both_databases
def test_two_officers_add_readers_at_the_same_moment(
    group: str,
    me: Someone,
    bea: Someone,
    officer: Someone,
    someone: Factory,
    services: Services,
    case: UUID,
) -> None:
    other = someone("second@leicester.example", staff=Staff.OFFICER)
    plan = plan_of(upload_plan(officer, services, case))
    publication, document = UUID(str(plan["id"])), UUID(str(plan["document"]))
    ok(record_event(officer, case, "draft_served", plan=plan))
    allocate(officer, person_of(services, case), bea)
    first, second = ([me, bea], [me, bea]) if group == "both" else ([me], [bea])
    body = {"readers": [str(reader.id) for reader in second]}
    path, replies = f"/v1/desk/publications/{publication}/readers", list[Response]()
    with during_transaction(services, lambda: other.post(path, json=body), replies) as tx:
        ids = [reader.id for reader in first]
        add_readers(tx, make_actor(tx, officer), publication, ids)
    ok(replies[0])
    assert set(read(officer, case).published[0].reader_ids) == {me.id, bea.id}
    for reader in (me, bea):
        assert can_open(reader, document)
        assert subjects(reader).count("Draft EHC plan to read") == 1
    assert len(entries_of(services, Action.DOCUMENT_PUBLISHED)) == 3  # with that of the plan itself


def test_draft_published_during_an_assessment_warns(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    body = plan_of(upload_plan(officer, services, case), me) | {"kind": "draft_plan"}
    path = f"/v1/desk/cases/{case}/publications"
    reply = officer.post(path, json=body)
    assert code_of(reply) == "needs_confirmation"
    assert "The assessment is still running" in reply.json()["detail"]
    assert read(officer, case).published == []
    ok(
        officer.post(
            path, json=plan_of(upload_plan(officer, services, case), me) | {"kind": "other"}
        )
    )
    for _ in range(2):
        ok(officer.post(path, json=body | {"confirmed": True}))
    assert [row.kind for row in read(officer, case).published] == ["draft_plan", "other"]


def test_views_of_the_family_are_recorded_with_their_text_and_a_document(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    ok(record_event(officer, case, "draft_served"))
    kind, text = "representations_recorded", "Section F is not enough.\n" * 1000
    document, other, event = (upload_plan(officer, services, case) for _ in range(3))
    for _ in range(2):  # the reply to the first one was lost
        views = {"id": str(event), "reason": text, "document": str(document)}
        ok(record_event(officer, case, kind, **views))
    shown = read(officer, case)
    assert shown.events[-1].reason == text.strip()
    assert shown.events[-1].document == shown.filed[0].name
    [row] = shown.filed
    assert (row.document, row.title) == (document, "Views of the family recorded, 02/03/2026")
    assert row.of_others
    assert not can_open(me, document)
    progress = ok(me.get(f"/v1/people/{person_of(services, case)}/progress")).text
    assert "Section F" not in progress
    refused = record_event(officer, case, "draft_changed", document=str(other))
    assert refused.json()["errors"][0]["pointer"] == "/document"
    assert record_event(officer, case, kind, reason="x" * 30_001).status_code == 422
    nothing = record_event(officer, case, kind, reason=" \n")
    assert [error["pointer"] for error in nothing.json()["errors"]] == ["/reason"]
    assert len(read(officer, case).events) == len(shown.events)
    ok(record_event(officer, case, kind, document=str(other)))
