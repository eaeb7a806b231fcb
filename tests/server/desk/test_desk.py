"""The officer's table of cases and actions in a case."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action, record
from server.core.database import Services
from server.core.pages import Cursor
from server.desk.audit_log import AUDIT_LIMIT
from server.forms.tables import AdviceRequest
from server.people.tables import Person
from shared.accounts import Staff
from tests.advice import ADVICE
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.steps import add_child, audit_of, ok, rows, save, start, submit_request, upload

NAMES = ("Ada", "Björn", "Cai", "Dot", "Eve")


def listed_names(officer: Someone, **query: str | int | bool) -> list[str]:
    page = ok(officer.get("/v1/desk/cases", params=query)).json()
    return [row["name"].split(", ")[1] for row in page["rows"]]


@pytest.fixture
def cases(me: Someone, officer: Someone, services: Services, clock: Clock) -> dict[str, UUID]:
    """Five cases received a week apart."""
    cases_by_name = {}
    for name in NAMES:
        cases_by_name[name] = create_case(me, services, first_name=name, last_name=f"Z{name}")
        move_days(clock, services, 7)
    return cases_by_name


def test_cases_are_sorted_by_due_date_and_by_each_column(
    officer: Someone, cases: dict[str, UUID]
) -> None:
    ok(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    assert listed_names(officer) == list(NAMES)
    assert listed_names(officer, descending=True) == list(reversed(NAMES))
    assert listed_names(officer, sort="name") == list(NAMES)
    assert listed_names(officer, sort="officer")[-1] == "Cai"
    ok(record_event(officer, cases["Ada"], "decided_to_assess", "2026-04-01"))
    assert listed_names(officer, sort="stage")[-1] == "Ada"


def test_views_and_filter_select_cases(
    officer: Someone, cases: dict[str, UUID], services: Services, clock: Clock
) -> None:
    ok(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    assert listed_names(officer, view="mine") == ["Cai"]
    assert listed_names(officer, find="bjorn") == ["Björn"]
    assert listed_names(officer, view="overdue") == []
    assert listed_names(officer, view="due") == ["Ada", "Björn"]
    move_days(clock, services, 8)
    assert listed_names(officer, view="overdue") == ["Ada"]
    ok(record_event(officer, cases["Ada"], "withdrawn", "2026-04-10"))
    assert listed_names(officer, view="closed") == ["Ada"]
    assert "Ada" not in listed_names(officer)
    assert listed_names(officer, stage="assessment") == []


def test_pages_can_be_walked_both_ways(
    officer: Someone, cases: dict[str, UUID], subtests: pytest.Subtests
) -> None:
    ok(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    for sort in ("due", "name", "stage", "officer"):
        with subtests.test(sort=sort):
            walk_both_ways(officer, sort)


def walk_both_ways(officer: Someone, sort: str) -> None:
    names = listed_names(officer, sort=sort)
    visited: list[str] = []
    page = ok(officer.get("/v1/desk/cases", params={"limit": 2, "sort": sort})).json()
    while True:
        assert page["start"] == len(visited)
        visited += [row["name"].split(", ")[1] for row in page["rows"]]
        if not page["next"]:
            break
        query = {"limit": 2, "sort": sort, "cursor": page["next"]}
        page = ok(officer.get("/v1/desk/cases", params=query)).json()
    assert visited == names
    query = {"limit": 2, "sort": sort, "cursor": page["previous"]}
    previous_page = ok(officer.get("/v1/desk/cases", params=query)).json()
    assert [row["name"].split(", ")[1] for row in previous_page["rows"]] == names[2:4]
    for cursor in ("nonsense", Cursor(before=False, key="9" * 30, id=uuid4()).encode()):
        reply = officer.get("/v1/desk/cases", params={"cursor": cursor, "sort": "stage"})
        assert reply.status_code == 400


def test_repeated_event_is_recorded_once(me: Someone, officer: Someone, services: Services) -> None:
    case, event_id = create_case(me, services), str(uuid4())
    for _ in range(2):
        detail = ok(record_event(officer, case, "decided_to_assess", id=event_id)).json()
    assert detail["state"] == "assessing"
    assert [event["kind"] for event in detail["events"]] == [
        "request_received",
        "decided_to_assess",
    ]
    assert len(rows(services, CaseEvent)) == 2
    assert record_event(officer, case, "refused_to_assess", id=event_id).status_code == 409
    [message] = [
        row for row in me.get("/v1/messages").json()["rows"] if "Decided" in row["subject"]
    ]
    assert message["subject"].startswith("Decided to assess")


def test_events_not_allowed_by_law_are_rejected(
    me: Someone, officer: Someone, services: Services, subtests: pytest.Subtests
) -> None:
    case = create_case(me, services)
    for kind, on, reason, code, pointers in (
        ("final_issued", "2026-03-02", "", "not_allowed", []),
        ("returned", "2026-03-02", "More.", "not_allowed", []),
        ("decided_to_assess", "2026-03-03", "", "invalid", ["/on"]),
        ("decided_to_assess", "2026-03-01", "", "invalid", ["/on"]),
        ("refused_to_assess", "2026-03-02", " ", "invalid", ["/reason"]),
    ):
        with subtests.test(kind=kind, on=on):
            reply = record_event(officer, case, kind, on, reason).json()
            assert reply["code"] == code
            assert [error["pointer"] for error in reply.get("errors", [])] == pointers
            assert len(rows(services, CaseEvent)) == 1


def test_case_goes_through_all_stages(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    steps = [
        (100, "decided_to_issue", "draft_plan", "final"),
        (5, "draft_served", "representations", "representations"),
        (10, "representations_recorded", "representations", "final"),
        (5, "final_issued", "final_plan", "review"),
        (300, "meeting_held", "meeting", "report"),
        (14, "amendment_proposed", "amending", "amended_final"),
        (30, "final_issued", "final_plan", "review"),
    ]
    for days, kind, state, due in steps:
        move_days(clock, services, days)
        detail = ok(record_event(officer, case, kind, clock.now.date().isoformat())).json()
        assert detail["state"] == state
        assert due in [deadline["kind"] for deadline in detail["deadlines"]]
        plan, reviews = detail["stages"][2:]
        assert plan["what"] == ("final" if due in {"final", "representations"} else "")
        assert reviews["due"] is None
    [row] = rows(services, Case)
    assert row.next_kind == "review"
    assert row.next_due is not None
    assert row.next_due > clock.now.date() + timedelta(days=300)


def test_exempted_deadline_keeps_its_date_but_is_not_overdue(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    due = rows(services, Case)[0].next_due
    move_days(clock, services, 60)
    body = {"id": str(uuid4()), "clock": "decide", "ground": "absent", "reason": "Abroad."}
    for _ in range(2):
        detail = ok(officer.post(f"/v1/desk/cases/{case}/exemptions", json=body)).json()
    [decide] = [deadline for deadline in detail["deadlines"] if deadline["kind"] == "decide"]
    assert decide["due"] == str(due)
    assert decide["excused"].endswith("Abroad.")
    assert listed_names(officer, view="overdue") == []
    invalid = {**body, "id": str(uuid4()), "ground": "missed_appointment"}
    assert officer.post(f"/v1/desk/cases/{case}/exemptions", json=invalid).status_code == 422


def test_matched_child_takes_over_the_new_childs_history(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    known, new = add_child(other, upn="Q856000022001"), add_child(me, upn="Q856000022001")
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    document = ok(upload(me, new)).json()["id"]
    submit_request(me, new)
    matching = ok(officer.get(f"/v1/desk/people/{new}/matching")).json()
    [candidate] = matching["candidates"]
    assert candidate["person"]["id"] == str(known)
    assert {"name", "date of birth", "UPN"} <= set(candidate["alike"])
    read_entries = [(entry.action, entry.person_id) for entry in audit_of(services)[-2:]]
    assert read_entries == [("person_read", new), ("person_read", known)]
    for _ in range(2):
        ok(officer.post(f"/v1/desk/people/{new}/match", json={"same_as": str(known)}))
    page = ok(me.get("/v1/people")).json()
    assert [row["id"] for row in page["rows"]] == [str(known)]
    assert ok(me.get(f"/v1/people/{known}/progress")).json()["forms"]
    assert me.get(f"/v1/documents/{document}/content").status_code == 200
    assert me.get(f"/v1/people/{new}").status_code == 404
    assert {row.merged_into for row in rows(services, Person)} == {None, known}
    entries = ok(officer.get(f"/v1/desk/people/{known}/trail")).json()["rows"]
    assert "Form submitted" in [entry["action"] for entry in entries]


def test_consecutive_saves_are_shown_as_one_audit_entry(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    form = start(me, person)
    version = ok(me.get(f"/v1/submissions/{form}")).headers["ETag"]
    for text in ("One", "Two", "Three"):
        version = ok(save(me, form, {"strengths": text}, version)).headers["ETag"]
    entries = ok(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    assert [entry["action"] for entry in entries] == [
        "Trail read",
        "Form saved",
        "Form read",
        "Form started",
        "Person added",
    ]


def test_audit_log_is_paged_to_its_first_entry(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    with services.transaction() as tx:
        for _ in range(2 * AUDIT_LIMIT):
            record(tx, Action.PERSON_READ, account=me.id, subject=person, person=person)
    path = f"/v1/desk/people/{person}/trail"
    first = ok(officer.get(path)).json()
    assert first["rows"][0]["action"] == "Trail read"
    second = ok(officer.get(path, params={"cursor": first["next"]})).json()
    last = ok(officer.get(path, params={"cursor": second["next"]})).json()
    # Each page but the first omits the entries added since.
    sizes = [len(page["rows"]) for page in (first, second, last)]
    assert sizes == [AUDIT_LIMIT, AUDIT_LIMIT, 2]
    assert (last["rows"][-1]["action"], last["next"]) == ("Person added", None)
    readings = [entry.action for entry in audit_of(services)].count(Action.AUDIT_LOG_READ)
    assert readings == 3


def test_audit_log_names_accounts_given_access(
    me: Someone, officer: Someone, someone: Factory
) -> None:
    person = add_child(me)
    others = [someone(f"{name}@osierbeck.example") for name in ("bea", "dan")]
    for other in others:
        body = {"account": str(other.id)}
        ok(officer.post(f"/v1/desk/people/{person}/allocations", json=body))
    entries = ok(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    assert [entry["to"] for entry in entries] == ["", "Ada Dan", "Ada Bea", ""]


def test_two_open_requests_of_a_matched_child_become_one_case(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    first = create_case(other, services)
    known = rows(services, Person)[0].id
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    second = create_case(me, services)
    new = next(row.id for row in rows(services, Person) if row.id != known)
    ok(officer.post(f"/v1/desk/people/{new}/match", json={"same_as": str(known)}))
    detail = ok(officer.get(f"/v1/desk/cases/{first}")).json()
    assert len(detail["forms"]) == 2
    assert [earlier_case["id"] for earlier_case in detail["earlier"]] == [str(second)]
    assert listed_names(officer) == ["Ivo"]


def test_search_for_children_shows_only_identifying_details(me: Someone, officer: Someone) -> None:
    known = add_child(me)
    people = ok(officer.get("/v1/desk/people", params={"find": "lark"})).json()
    assert people == [
        {
            "id": str(known),
            "name": "Ivo Larkspur-Dunne",
            "born": "2018-03-14",
            "school": "Wren Hollow Primary School",
        }
    ]


def test_paper_request_is_visible_to_the_childs_professionals(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    body = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": "2026-02-20",
        "answers": {"needs": "Words come slowly."},
    }
    for _ in range(2):
        detail = ok(officer.post("/v1/desk/requests", json=body)).json()
    assert detail["received_on"] == "2026-02-20"
    assert detail["deadlines"][0]["due"] == "2026-04-03"
    [row] = ok(me.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert row["by"] == "the family"
    versions = ok(me.get(f"/v1/submissions/{row['submission']}/versions")).json()
    assert versions["versions"][0]["answers"] == {"needs": "Words come slowly."}


def test_published_plan_is_visible_only_to_its_readers(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    case = create_case(me, services)
    person = rows(services, Case)[0].person_id
    ok(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(other.id)}))
    document = ok(upload(officer, person, name="plan.pdf")).json()["id"]
    body = {
        "id": str(uuid4()),
        "document": document,
        "kind": "draft_plan",
        "readers": [str(me.id)],
    }
    for _ in range(2):
        detail = ok(officer.post(f"/v1/desk/cases/{case}/publications", json=body)).json()
    assert [publication["title"] for publication in detail["published"]] == ["Draft EHC plan"]
    [visible] = ok(me.get(f"/v1/people/{person}/progress")).json()["published"]
    assert visible["document"]["id"] == document
    assert me.get(f"/v1/documents/{document}/content").status_code == 200
    assert other.get(f"/v1/documents/{document}/content").status_code == 404
    assert other.get(f"/v1/people/{person}/progress").json()["published"] == []
    unknown_reader = {**body, "id": str(uuid4()), "readers": [str(uuid4())]}
    assert (
        officer.post(f"/v1/desk/cases/{case}/publications", json=unknown_reader).status_code == 422
    )
    detail = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    assert detail["published"][0]["readers"] == ["Ada Senco (opened 02/03/2026 10:42)"]


def test_advice_can_be_requested_only_during_assessment(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("ep@leicester.example")
    case = create_case(me, services)
    body = advice_body(other, "professional-request")
    assert officer.post(f"/v1/desk/cases/{case}/advice", json=body).status_code == 409
    ok(record_event(officer, case, "decided_to_assess"))
    # This form cannot be requested as advice.
    assert officer.post(f"/v1/desk/cases/{case}/advice", json=body).status_code == 404


def test_disabled_account_cannot_be_given_advice_or_children(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    support = someone("help@leicester.example", staff=Staff.SUPPORT)
    disabled = someone("gone@osierbeck.example")
    case = create_case_in_assessment(me, officer, services)
    [person] = [case.person_id for case in rows(services, Case)]
    ok(support.put(f"/v1/support/accounts/{disabled.id}/disabled"))
    for reply in (
        officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(disabled, ADVICE)),
        officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(disabled.id)}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (409, "not_allowed")
        assert reply.json()["detail"].startswith("Ada Gone's account is disabled")
    assert len(ok(officer.get(f"/v1/desk/cases/{case}")).json()["professionals"]) == 1
    assert rows(services, AdviceRequest) == []
