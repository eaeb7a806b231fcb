"""Advice by post: received on paper, taken back, and asked for from somebody without an account."""

from uuid import UUID, uuid4

from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.forms.tables import PaperAdvice
from shared.accounts import Staff
from shared.advice import AdviceStepKind
from shared.desk import AdviceRow, AdviceState
from tests.advice import ADVICE, TITLE, find_form_row
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import (
    advice_body,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.desk.taking_back import (
    entries_of,
    person_of,
    read,
    read_message,
    subjects,
    upload_plan,
)
from tests.server.documents.test_readers import can_open
from tests.server.figures.steps import compute
from tests.server.repeat_requests import new_id
from tests.server.steps import ok, remind, rows, save, submission_path

LATE = 44
"""Days after which advice that was asked for at once is two days late."""
RECEIVED = "2026-04-14"
"""The day before that."""


def ask(officer: Someone, case: UUID, professional: Someone) -> AdviceRow:
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(professional, ADVICE)))
    [row] = read(officer, case).advice
    return row


def receipt(received_on: str = RECEIVED, **more: str) -> dict[str, str]:
    return {"id": str(uuid4()), "received_on": received_on, **more}


def receive(officer: Someone, advice: UUID, body: dict[str, str]) -> Response:
    reply: Response = officer.post(f"/v1/desk/advice/{advice}/paper", json=body)
    return reply


def take_back(
    officer: Someone, advice: UUID, taken: dict[str, str], reason: str = "Another child."
) -> Response:
    body = {"id": taken["id"], "reason": reason}
    reply: Response = officer.post(f"/v1/desk/advice/{advice}/paper/remove", json=body)
    return reply


def warning_before_issuing(officer: Someone, case: UUID) -> str:
    reply = record_event(officer, case, "decided_to_issue", "2026-04-15", confirmed=False)
    assert code_of(reply) in {"needs_confirmation", "not_allowed"}
    return str(reply.json()["detail"])


def awaited_of(officer: Someone, services: Services) -> tuple[int, int, int]:
    """Return the awaited advice in the list of cases, in the diary, and reminders sent now."""
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    diary = ok(officer.get("/v1/casework/diary?day=2026-04-13")).text.count(f"{TITLE} due")
    return row["advice"], diary, remind(services)


def test_advice_received_on_paper_counts_as_received_everywhere(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    asked = ask(officer, case, me)
    ok(save(me, asked.submission, {"story": "A start."}))
    move_days(clock, services, LATE)
    waiting = "Advice not received yet: Educational advice from Ada Senco."
    assert waiting in warning_before_issuing(officer, case)
    assert awaited_of(officer, services)[:2] == (1, 1)
    for day in ("2026-04-16", "2026-03-01"):
        assert pointers(receive(officer, asked.id, receipt(day))) == {"/received_on"}
    for name in ("Mr\u200bWren", "The 4/4/2026"):
        refused = receive(officer, asked.id, receipt(given_by=name))
        assert pointers(refused) == {"/given_by"}
    document = upload_plan(officer, services, case)
    body = receipt(document=str(document), given_by="Mr Wren, the new SENCO")
    for _ in range(2):
        ok(receive(officer, asked.id, body))
    for change in ({"received_on": "2026-04-13"}, {"given_by": ""}, {"document": str(uuid4())}):
        assert code_of(receive(officer, asked.id, body | change)) == "conflict"
    page = read(officer, case)
    [row] = page.advice
    assert (row.state, row.awaited, row.late_days) == (AdviceState.ACCEPTED, False, 1)
    assert row.paper is not None
    assert (row.paper.document, row.paper.given_by) == (document, "Mr Wren, the new SENCO")
    assert [(file.document, file.title) for file in page.filed] == [
        (document, f"{TITLE}, Mr Wren, the new SENCO")
    ]
    [step] = row.steps
    assert (step.kind, step.by) == (AdviceStepKind.RECEIVED, "Ada Officer")
    assert step.text == "On 14/04/2026, from Mr Wren, the new SENCO."
    assert awaited_of(officer, services) == (0, 0, 0)
    assert not page.next_words.startswith("Advice")
    assert "not received yet" not in warning_before_issuing(officer, case)
    assert code_of(officer.get(f"/v1/desk/advice/{asked.id}/chase")) == "not_allowed"
    [figures] = [row for row in compute(officer, clock).advice if row.form == ADVICE]
    assert (figures.awaited, figures.pace.answers) == (0, 1)
    assert len(entries_of(services, Action.ADVICE_RECEIVED)) == 1
    assert not can_open(me, document)


def test_professional_reads_that_their_advice_arrived_on_paper_until_it_is_taken_back(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    other = someone("sam@leicester.example", staff=Staff.OFFICER)
    case = create_case_in_assessment(me, officer, services)
    person, asked = person_of(services, case), ask(officer, case, me)
    ok(save(me, asked.submission, {"story": "A start."}))
    move_days(clock, services, LATE)
    taken = receipt(given_by="Mr Wren")
    ok(receive(officer, asked.id, taken))
    assert code_of(receive(other, asked.id, receipt())) == "not_allowed"
    form = ok(me.get(submission_path(asked.submission))).json()
    assert "received this advice on paper on 14/04/2026" in form["why_not_editable"]
    assert (form["due"], form["not_needed"]) == (None, False)
    assert code_of(save(me, asked.submission, {"story": "More."})) == "decided"
    assert "on paper" in find_form_row(me, person, asked.submission)["closed"]
    assert ok(me.get("/v1/home")).json()["due"]["rows"] == []
    assert subjects(me)[0] == "Advice was received on paper"
    assert "received the advice for" in read_message(me, subjects(me)[0])["body"]
    assert code_of(take_back(officer, asked.id, taken, " ")) == "invalid"
    assert code_of(take_back(officer, asked.id, receipt())) == "not_found"
    for _ in range(2):
        ok(take_back(officer, asked.id, taken))
    [row] = read(officer, case).advice
    assert (row.state, row.awaited, row.paper) == (AdviceState.STARTED, True, None)
    assert [(step.kind, step.text) for step in row.steps] == [
        (AdviceStepKind.RECEIVED, "On 14/04/2026, from Mr Wren."),
        (AdviceStepKind.RECEIPT_REMOVED, "Another child."),
    ]
    assert subjects(me)[0] == "Your advice is awaited again"
    ok(save(me, asked.submission, {"story": "More."}))
    assert len(entries_of(services, Action.ADVICE_RECEIPT_REMOVED)) == 1
    [removed] = rows(services, PaperAdvice)
    assert removed.removed_by == officer.id


def test_advice_asked_for_by_post_has_a_due_date_and_is_received_on_paper(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    move_days(clock, services, 10)
    path = f"/v1/desk/cases/{case}/advice/post"
    body = {"id": str(uuid4()), "form": "health-advice", "name": "Dr Fenwick", "role": "GP"}
    body |= {"address": "12 Osier Street, Leicester", "phone": "0116 496 0101"}
    for change, pointer in (
        ({"asked_on": "2026-03-13"}, "/asked_on"),
        ({"asked_on": "9999-12-31"}, "/asked_on"),
        ({"asked_on": "2026-03-01"}, "/asked_on"),
        ({"asked_on": "2026-03-04", "due": "2026-03-03"}, "/due"),
        ({"asked_on": "2026-03-04", "name": " "}, "/name"),
        ({"asked_on": "2026-03-04", "address": "4 Far Lane\nOakham"}, "/address"),
        ({"asked_on": "2026-03-04", "phone": "0116\u200b4960101"}, "/phone"),
    ):
        assert pointers(officer.post(path, json=body | change)) == {pointer}
    unknown = {**body, "form": "parent-request", "asked_on": "2026-03-04"}
    assert code_of(officer.post(path, json=unknown)) == "not_found"
    for _ in range(2):
        ok(officer.post(path, json=body | {"asked_on": "2026-03-04"}))
    for change in (
        {"name": "Dr Wren"},
        {"due": "2026-04-01"},
        {"form": "educational-advice"},
        {"address": "4 Far Lane"},
        {"phone": ""},
    ):
        assert code_of(officer.post(path, json={**body, "asked_on": "2026-03-04", **change})) == (
            "conflict"
        )
    [row] = read(officer, case).advice
    assert (row.by, row.organisation, row.by_post, row.account) == ("Dr Fenwick", "GP", True, None)
    assert (row.address, row.phone) == ("12 Osier Street, Leicester", "0116 496 0101")
    was = {name: body[name] for name in ("name", "role", "address", "phone")}
    wrong = {**was, **new_id(), "address": "4 Far Lane\nOakham", "replaces": was}
    contacts = f"/v1/desk/advice/{row.id}/contacts"
    assert pointers(officer.put(contacts, json=wrong)) == {"/address"}
    correct = {**was, **new_id(), "address": "4 Far Lane, Oakham", "phone": ""}
    for _ in range(2):
        ok(officer.put(contacts, json={**correct, "replaces": was}))
    other = was | new_id()
    refused = officer.put(contacts, json={**other, "replaces": was | {"role": ""}})
    assert code_of(refused) == "conflict"
    [row] = read(officer, case).advice
    assert (row.address, row.phone) == ("4 Far Lane, Oakham", "")
    ok(officer.post(path, json=body | {"asked_on": "2026-03-04"}))  # a late repeat changes nothing
    assert read(officer, case).advice == [row]
    assert len(entries_of(services, Action.ADVICE_CONTACTS_CORRECTED)) == 1
    [step] = row.contact_steps
    assert (step.kind, step.by) == (AdviceStepKind.CONTACTS_CORRECTED, "Ada Officer")
    assert step.text == (
        "Address: 12 Osier Street, Leicester → 4 Far Lane, Oakham; Phone: 0116 496 0101 → empty"
    )
    assert (row.due.isoformat(), row.awaited) == ("2026-04-15", True)
    assert ok(officer.get("/v1/desk/cases")).json()["rows"][0]["advice"] == 1
    assert code_of(officer.get(f"/v1/desk/advice/{row.id}/chase")) == "not_allowed"
    assert len(ok(me.get(f"/v1/people/{person_of(services, case)}/progress")).json()["forms"]) == 1
    first, second = receipt("2026-03-10"), receipt("2026-03-11")
    ok(receive(officer, row.id, first))
    documents = [upload_plan(officer, services, case) for _ in range(2)]
    path = f"/v1/desk/advice/{row.id}/paper/document"
    added = [{"id": first["id"], "document": str(document)} for document in documents]
    for _ in range(2):
        ok(officer.post(path, json=added[0]))
    assert code_of(officer.post(path, json=added[1])) == "not_allowed"
    assert code_of(officer.post(path, json=added[0] | {"id": str(uuid4())})) == "not_found"
    page = read(officer, case)
    [_, step] = page.advice[0].steps
    assert (step.kind, step.by) == (AdviceStepKind.RECEIVED, "Ada Officer")  # known before
    assert (
        step.text == f"Document added: {page.filed[0].name}, of the advice received on 10/03/2026."
    )
    assert [(file.document, file.of_others) for file in page.filed] == [(documents[0], True)]
    assert page.filed[0].title.endswith(", Dr Fenwick")
    ok(take_back(officer, row.id, first))
    ok(receive(officer, row.id, second))
    ok(take_back(officer, row.id, first))  # a late repeat
    ok(officer.post(path, json=added[0]))  # a late repeat, which adds nothing to the other receipt
    [received] = read(officer, case).advice
    assert received.paper is not None and received.paper.document is None
    ok(officer.post(path, json={"document": str(documents[0])}))  # it is with the case already
    [received] = read(officer, case).advice
    assert received.paper is not None
    assert str(received.paper.id) == second["id"]
    subjects_of = [entry.subject_id for entry in entries_of(services, Action.ADVICE_DOCUMENT_ADDED)]
    assert sorted(map(str, subjects_of)) == sorted((first["id"], second["id"]))
    ok(take_back(officer, row.id, second))
    third = receipt("2026-03-12")
    ok(receive(officer, row.id, third))
    ok(take_back(officer, row.id, third))
    assert code_of(officer.post(path, json={"document": str(documents[1])})) == "not_found"
    added_late = {"id": third["id"], "document": str(documents[1])}
    assert code_of(officer.post(path, json=added_late)) == "not_allowed"
    move_days(clock, services, LATE)
    match_child(officer, case)
    waiting = "Advice not received yet: Health advice from Dr Fenwick."
    assert waiting in warning_before_issuing(officer, case)
    several = {"id": str(uuid4()), "kind": "chase", "cases": [str(case)]}
    left_out = ok(officer.post("/v1/desk/several/check", json=several)).text
    assert "it was asked for by post" in left_out
    ok(officer.post(f"/v1/desk/advice/{row.id}/cancel"))
    assert read(officer, case).advice[0].state is AdviceState.CANCELLED
    assert ok(officer.get("/v1/messages")).json()["rows"] == []


def test_late_repeat_of_a_correction_of_contacts_changes_nothing(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    was = {"name": "Dr Fenwick", "role": "GP", "address": "12 Osier Street", "phone": ""}
    body = {**was, **new_id(), "form": "health-advice", "asked_on": "2026-03-02"}
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=body))
    path = f"/v1/desk/advice/{body['id']}/contacts"
    correct = was | {"address": "4 Far Lane, Oakham"}
    there = {**correct, **new_id(), "replaces": was}
    back = {**was, **new_id(), "replaces": correct}
    for correction in (there, back, there):
        ok(officer.put(path, json=correction))
    [row] = read(officer, case).advice
    assert row.address == was["address"]
    assert len(row.contact_steps) == 2


def test_owner_of_a_form_is_not_offered_instead_of_themselves(
    me: Someone, bea: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    asked = ask(officer, case, me)
    params = {"find": "osierbeck", "instead_of": str(asked.submission)}
    found = ok(officer.get("/v1/desk/professionals", params=params)).json()
    assert [row["account"] for row in found] == [str(bea.id)]
