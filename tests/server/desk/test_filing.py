"""Documents that officers keep with a case, which no professional sees."""

from uuid import UUID, uuid4

from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.documents.service import REMOVED
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import (
    create_case,
    create_case_in_assessment,
    match_child,
    record_event,
)
from tests.server.desk.taking_back import (
    entries_of,
    person_of,
    publish,
    read,
    upload_plan,
    withdraw,
)
from tests.server.desk.test_matching import paper_request
from tests.server.documents.test_readers import can_open, document_answers
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    share,
    start,
    submit,
    submit_request,
    upload,
)


def file(officer: Someone, case: UUID, document: UUID, title: str = "") -> Response:
    body = {"document": str(document), "title": title}
    reply: Response = officer.post(f"/v1/desk/cases/{case}/documents", json=body)
    return reply


def test_document_for_officers_is_seen_by_no_professional(
    me: Someone, bea: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other.officer@leicester.example", staff="officer")
    case = create_case(me, services)
    person, document = person_of(services, case), upload_plan(officer, services, case)
    assert not can_open(other, document)
    for _ in range(2):
        ok(file(officer, case, document, "Notes of the panel"))
    [row] = read(other, case).filed
    assert (row.document, row.title, row.by) == (document, "Notes of the panel", "Ada Officer")
    assert not row.of_others
    assert can_open(other, document)
    form = start(me, person)
    share(me, form, bea)
    ok(save(me, form, document_answers(document)))
    assert [can_open(reader, document) for reader in (me, bea)] == [False, False]
    progress = ok(me.get(f"/v1/people/{person}/progress")).text
    assert str(document) not in progress
    assert code_of(officer.delete(f"/v1/documents/{document}")) == "in_use"
    assert len(entries_of(services, Action.DOCUMENT_FILED)) == 1


def test_document_is_either_published_or_for_officers(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    person = person_of(services, case)
    filed, published = (upload_plan(officer, services, case) for _ in range(2))
    ok(file(officer, case, filed))
    body = {"id": str(uuid4()), "document": str(filed), "kind": "other", "readers": [str(me.id)]}
    reply = officer.post(f"/v1/desk/cases/{case}/publications", json=body)
    assert code_of(reply) == "not_allowed"
    ok(withdraw(officer, publish(officer, case, published, me)))
    assert code_of(file(officer, case, published)) == "not_allowed"
    submitted = UUID(ok(upload(me, person)).json()["id"])
    form = start(me, person)
    ok(save(me, form, required_answers(me) | document_answers(submitted)))
    ok(submit(me, form))
    assert code_of(file(officer, case, submitted)) == "not_allowed"
    elsewhere = create_case(me, services, first_name="Nell")
    assert code_of(file(officer, elsewhere, filed)) == "invalid"
    assert not can_open(me, filed)


def test_letter_of_a_request_is_kept_with_its_case_for_officers_only(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other.officer@leicester.example", staff="officer")
    person = add_child(me)
    scan = UUID(ok(upload(officer, person, name="scan.pdf")).json()["id"])
    body = paper_request(person, "2026-02-20") | {"document": str(scan)}
    for _ in range(2):
        case = UUID(ok(officer.post("/v1/desk/requests", json=body)).json()["id"])
    [row] = read(other, case).filed
    assert (row.document, row.title, row.by) == (
        scan,
        "Request received",
        "Ada Officer",
    )
    assert row.of_others
    assert can_open(other, scan)
    assert not can_open(me, scan)
    assert code_of(officer.delete(f"/v1/documents/{scan}")) == "in_use"
    assert len(entries_of(services, Action.DOCUMENT_FILED)) == 1
    second = UUID(ok(upload(officer, person, name="second.pdf")).json()["id"])
    body = paper_request(person, "2026-02-25") | {"document": str(second)}
    joined = ok(officer.post("/v1/desk/requests", json=body)).json()
    assert joined["id"] == str(case)
    assert [row["document"] for row in joined["filed"]] == [str(second), str(scan)]


def test_request_is_not_entered_with_a_letter_about_another_child(
    me: Someone, officer: Someone, services: Services
) -> None:
    person, other = add_child(me), add_child(me, first_name="Nell")
    submit_request(me, other)
    scan = UUID(ok(upload(officer, other, name="scan.pdf")).json()["id"])
    for document, error in ((scan, "This document is about another child."), (uuid4(), REMOVED)):
        body = paper_request(person, "2026-02-20") | {"document": str(document)}
        reply = officer.post("/v1/desk/requests", json=body)
        assert (pointers(reply), reply.json()["detail"]) == ({"/document"}, error)
    assert len(ok(officer.get("/v1/desk/cases")).json()["rows"]) == 1


def test_document_that_was_kept_before_becomes_the_letter_of_a_request(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    person, scan = person_of(services, case), upload_plan(officer, services, case)
    ok(file(officer, case, scan, "Scan"))
    body = paper_request(person, "2026-02-20") | {"document": str(scan)}
    [row] = ok(officer.post("/v1/desk/requests", json=body)).json()["filed"]
    assert (row["title"], row["of_others"]) == ("Scan", True)


def test_document_that_is_gone_is_to_be_chosen_again(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("other.officer@leicester.example", staff="officer")
    case = create_case_in_assessment(me, officer, services)
    removed, theirs = (upload_plan(by, services, case) for by in (officer, colleague))
    ok(officer.delete(f"/v1/documents/{removed}"))
    match_child(officer, case)
    plans = [
        {"id": str(uuid4()), "document": str(gone), "readers": [str(me.id)]}
        for gone in (removed, theirs)
    ]
    publish_to = f"/v1/desk/cases/{case}/publications"
    replies = []
    for plan in plans:
        gone = str(plan["document"])
        replies += [
            file(officer, case, UUID(gone)),
            officer.post(publish_to, json=plan | {"kind": "other"}),
            record_event(officer, case, "representations_recorded", document=gone),
        ]
    ok(record_event(officer, case, "decided_to_issue"))
    replies += [record_event(officer, case, "draft_served", plan=plan) for plan in plans]
    for reply in replies:
        assert pointers(reply) == {"/document"}
        assert reply.json()["detail"] == REMOVED
