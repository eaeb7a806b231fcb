"""The officer's table of cases, and what an officer records in one."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action, record
from server.core.database import Services
from server.core.pages import Cursor
from server.desk.case import AUDIT_LIMIT
from server.forms.tables import AdviceRequest
from server.people.tables import Person
from shared.accounts import Staff
from tests.advice import ADVICE
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import asking, assessing, case_of, happen, move_days
from tests.server.steps import add_child, audit_of, done, rows, save, start, submitted, upload

NAMES = ("Ada", "Björn", "Cai", "Dot", "Eve")


def listed(officer: Someone, **asked: str | int | bool) -> list[str]:
    page = done(officer.get("/v1/desk/cases", params=asked)).json()
    return [row["name"].split(", ")[1] for row in page["rows"]]


@pytest.fixture
def cases(me: Someone, officer: Someone, services: Services, clock: Clock) -> dict[str, UUID]:
    """Five cases, each received a week after the one before."""
    made = {}
    for name in NAMES:
        made[name] = case_of(me, services, first_name=name, last_name=f"Z{name}")
        move_days(clock, services, 7)
    return made


def test_cases_are_sorted_by_what_is_due_and_by_each_column(
    officer: Someone, cases: dict[str, UUID]
) -> None:
    done(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    assert listed(officer) == list(NAMES)
    assert listed(officer, descending=True) == list(reversed(NAMES))
    assert listed(officer, sort="name") == list(NAMES)
    assert listed(officer, sort="officer")[-1] == "Cai"
    done(happen(officer, cases["Ada"], "decided_to_assess", "2026-04-01"))
    assert listed(officer, sort="stage")[-1] == "Ada"


def test_views_and_the_filter_show_their_part(
    officer: Someone, cases: dict[str, UUID], services: Services, clock: Clock
) -> None:
    done(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    assert listed(officer, view="mine") == ["Cai"]
    assert listed(officer, find="bjorn") == ["Björn"]
    assert listed(officer, view="overdue") == []
    assert listed(officer, view="due") == ["Ada", "Björn"]
    move_days(clock, services, 8)
    assert listed(officer, view="overdue") == ["Ada"]
    done(happen(officer, cases["Ada"], "withdrawn", "2026-04-10"))
    assert listed(officer, view="closed") == ["Ada"]
    assert "Ada" not in listed(officer)
    assert listed(officer, stage="assessment") == []


def test_pages_follow_one_another_both_ways(
    officer: Someone, cases: dict[str, UUID], subtests: pytest.Subtests
) -> None:
    done(officer.put(f"/v1/desk/cases/{cases['Cai']}/officer"))
    for sort in ("due", "name", "stage", "officer"):
        with subtests.test(sort=sort):
            walk_both_ways(officer, sort)


def walk_both_ways(officer: Someone, sort: str) -> None:
    whole = listed(officer, sort=sort)
    seen: list[str] = []
    page = done(officer.get("/v1/desk/cases", params={"limit": 2, "sort": sort})).json()
    while True:
        assert page["start"] == len(seen)
        seen += [row["name"].split(", ")[1] for row in page["rows"]]
        if not page["next"]:
            break
        asked = {"limit": 2, "sort": sort, "cursor": page["next"]}
        page = done(officer.get("/v1/desk/cases", params=asked)).json()
    assert seen == whole
    asked = {"limit": 2, "sort": sort, "cursor": page["previous"]}
    before = done(officer.get("/v1/desk/cases", params=asked)).json()
    assert [row["name"].split(", ")[1] for row in before["rows"]] == whole[2:4]
    for nowhere in ("nonsense", Cursor(before=False, key="9" * 30, id=uuid4()).encode()):
        wrong = officer.get("/v1/desk/cases", params={"cursor": nowhere, "sort": "stage"})
        assert wrong.status_code == 400


def test_an_event_moves_the_case_once(me: Someone, officer: Someone, services: Services) -> None:
    case, made = case_of(me, services), str(uuid4())
    for _ in range(2):
        told = done(happen(officer, case, "decided_to_assess", id=made)).json()
    assert told["state"] == "assessing"
    assert [event["kind"] for event in told["events"]] == [
        "request_received",
        "decided_to_assess",
    ]
    assert len(rows(services, CaseEvent)) == 2
    assert happen(officer, case, "refused_to_assess", id=made).status_code == 409
    [message] = [
        row for row in me.get("/v1/messages").json()["rows"] if "Decided" in row["subject"]
    ]
    assert message["subject"].startswith("Decided to assess")


def test_what_the_law_does_not_know_is_refused(
    me: Someone, officer: Someone, services: Services, subtests: pytest.Subtests
) -> None:
    case = case_of(me, services)
    for kind, on, reason, code, pointers in (
        ("final_issued", "2026-03-02", "", "not_allowed", []),
        ("returned", "2026-03-02", "More.", "not_allowed", []),
        ("decided_to_assess", "2026-03-03", "", "invalid", ["/on"]),
        ("decided_to_assess", "2026-03-01", "", "invalid", ["/on"]),
        ("refused_to_assess", "2026-03-02", " ", "invalid", ["/reason"]),
    ):
        with subtests.test(kind=kind, on=on):
            refused = happen(officer, case, kind, on, reason).json()
            assert refused["code"] == code
            assert [error["pointer"] for error in refused.get("errors", [])] == pointers
            assert len(rows(services, CaseEvent)) == 1


def test_a_case_goes_all_the_way(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = assessing(me, officer, services)
    way = [
        (100, "decided_to_issue", "draft_plan", "final"),
        (5, "draft_served", "representations", "representations"),
        (10, "representations_recorded", "representations", "final"),
        (5, "final_issued", "final_plan", "review"),
        (300, "meeting_held", "meeting", "report"),
        (14, "amendment_proposed", "amending", "amended_final"),
        (30, "final_issued", "final_plan", "review"),
    ]
    for days, kind, state, due in way:
        move_days(clock, services, days)
        told = done(happen(officer, case, kind, clock.now.date().isoformat())).json()
        assert told["state"] == state
        assert due in [one["kind"] for one in told["deadlines"]]
    [kept] = rows(services, Case)
    assert kept.next_kind == "review"
    assert kept.next_due is not None
    assert kept.next_due > clock.now.date() + timedelta(days=300)


def test_an_exemption_changes_what_is_overdue_and_not_the_date(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = case_of(me, services)
    due = rows(services, Case)[0].next_due
    move_days(clock, services, 60)
    given = {"id": str(uuid4()), "clock": "decide", "ground": "absent", "reason": "Abroad."}
    for _ in range(2):
        told = done(officer.post(f"/v1/desk/cases/{case}/exemptions", json=given)).json()
    [decide] = [one for one in told["deadlines"] if one["kind"] == "decide"]
    assert decide["due"] == str(due)
    assert decide["excused"].endswith("Abroad.")
    assert listed(officer, view="overdue") == []
    wrong = {**given, "id": str(uuid4()), "ground": "missed_appointment"}
    assert officer.post(f"/v1/desk/cases/{case}/exemptions", json=wrong).status_code == 422


def test_a_child_known_already_takes_the_new_one_s_history(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    known, new = add_child(other, upn="Q856000022001"), add_child(me, upn="Q856000022001")
    done(officer.post(f"/v1/desk/people/{known}/match", json={}))
    document = done(upload(me, new)).json()["id"]
    submitted(me, new)
    told = done(officer.get(f"/v1/desk/people/{new}/matching")).json()
    [candidate] = told["candidates"]
    assert candidate["person"]["id"] == str(known)
    assert {"name", "date of birth", "UPN"} <= set(candidate["alike"])
    read = [(line.action, line.person_id) for line in audit_of(services)[-2:]]
    assert read == [("person_read", new), ("person_read", known)]
    for _ in range(2):
        done(officer.post(f"/v1/desk/people/{new}/match", json={"same_as": str(known)}))
    page = done(me.get("/v1/people")).json()
    assert [row["id"] for row in page["rows"]] == [str(known)]
    assert done(me.get(f"/v1/people/{known}/progress")).json()["forms"]
    assert me.get(f"/v1/documents/{document}/content").status_code == 200
    assert me.get(f"/v1/people/{new}").status_code == 404
    assert {row.merged_into for row in rows(services, Person)} == {None, known}
    trail = done(officer.get(f"/v1/desk/people/{known}/trail")).json()["rows"]
    assert "Form submitted" in [line["action"] for line in trail]


def test_what_is_done_many_times_on_end_is_one_line_of_the_trail(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    form = start(me, person)
    version = done(me.get(f"/v1/submissions/{form}")).headers["ETag"]
    for text in ("One", "Two", "Three"):
        version = done(save(me, form, {"strengths": text}, version)).headers["ETag"]
    trail = done(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    assert [line["action"] for line in trail] == [
        "Trail read",
        "Form saved",
        "Form read",
        "Form started",
        "Person added",
    ]


def test_the_trail_is_read_back_to_its_beginning_page_by_page(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    with services.transaction() as tx:
        for _ in range(2 * AUDIT_LIMIT):
            record(tx, Action.PERSON_READ, account=me.id, subject=person, person=person)
    path = f"/v1/desk/people/{person}/trail"
    first = done(officer.get(path)).json()
    assert first["rows"][0]["action"] == "Trail read"
    second = done(officer.get(path, params={"cursor": first["next"]})).json()
    last = done(officer.get(path, params={"cursor": second["next"]})).json()
    # Each page but the first leaves out the readings since.
    sizes = [len(page["rows"]) for page in (first, second, last)]
    assert sizes == [AUDIT_LIMIT, AUDIT_LIMIT, 2]
    assert (last["rows"][-1]["action"], last["next"]) == ("Person added", None)
    readings = [line.action for line in audit_of(services)].count(Action.TRAIL_READ)
    assert readings == 3


def test_the_trail_names_whom_a_child_or_a_form_was_opened_to(
    me: Someone, officer: Someone, someone: Factory
) -> None:
    person = add_child(me)
    others = [someone(f"{name}@osierbeck.example") for name in ("bea", "dan")]
    for other in others:
        to = {"account": str(other.id)}
        done(officer.post(f"/v1/desk/people/{person}/allocations", json=to))
    trail = done(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    assert [line["to"] for line in trail] == ["", "Ada Dan", "Ada Bea", ""]


def test_two_open_requests_of_one_child_become_one_case(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    first = case_of(other, services)
    known = rows(services, Person)[0].id
    done(officer.post(f"/v1/desk/people/{known}/match", json={}))
    second = case_of(me, services)
    new = next(row.id for row in rows(services, Person) if row.id != known)
    done(officer.post(f"/v1/desk/people/{new}/match", json={"same_as": str(known)}))
    told = done(officer.get(f"/v1/desk/cases/{first}")).json()
    assert len(told["forms"]) == 2
    assert [one["id"] for one in told["earlier"]] == [str(second)]
    assert listed(officer) == ["Ivo"]


def test_of_children_to_choose_from_no_more_is_told_than_tells_them_apart(
    me: Someone, officer: Someone
) -> None:
    known = add_child(me)
    told = done(officer.get("/v1/desk/people", params={"find": "lark"})).json()
    assert told == [
        {
            "id": str(known),
            "name": "Ivo Larkspur-Dunne",
            "born": "2018-03-14",
            "school": "Wren Hollow Primary School",
        }
    ]


def test_a_family_s_request_on_paper_is_seen_by_the_child_s_professionals(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    given = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": "2026-02-20",
        "answers": {"needs": "Words come slowly."},
    }
    for _ in range(2):
        told = done(officer.post("/v1/desk/requests", json=given)).json()
    assert told["received_on"] == "2026-02-20"
    assert told["deadlines"][0]["due"] == "2026-04-03"
    [row] = done(me.get(f"/v1/people/{person}/progress")).json()["forms"]
    assert row["by"] == "the family"
    seen = done(me.get(f"/v1/submissions/{row['submission']}/versions")).json()
    assert seen["versions"][0]["answers"] == {"needs": "Words come slowly."}


def test_a_published_plan_is_read_by_whom_it_was_published_to_alone(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("other@osierbeck.example")
    case = case_of(me, services)
    person = rows(services, Case)[0].person_id
    done(officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(other.id)}))
    document = done(upload(officer, person, name="plan.pdf")).json()["id"]
    given = {
        "id": str(uuid4()),
        "document": document,
        "kind": "draft_plan",
        "readers": [str(me.id)],
    }
    for _ in range(2):
        told = done(officer.post(f"/v1/desk/cases/{case}/publications", json=given)).json()
    assert [one["title"] for one in told["published"]] == ["Draft EHC plan"]
    [one] = done(me.get(f"/v1/people/{person}/progress")).json()["published"]
    assert one["document"]["id"] == document
    assert me.get(f"/v1/documents/{document}/content").status_code == 200
    assert other.get(f"/v1/documents/{document}/content").status_code == 404
    assert other.get(f"/v1/people/{person}/progress").json()["published"] == []
    stranger = {**given, "id": str(uuid4()), "readers": [str(uuid4())]}
    assert officer.post(f"/v1/desk/cases/{case}/publications", json=stranger).status_code == 422
    told = done(officer.get(f"/v1/desk/cases/{case}")).json()
    assert told["published"][0]["readers"] == ["Ada Senco (read)"]


def test_advice_is_asked_for_while_assessing_alone(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("ep@leicester.example")
    early = case_of(me, services)
    wanted = asking(other, "professional-request")
    assert officer.post(f"/v1/desk/cases/{early}/advice", json=wanted).status_code == 409
    done(happen(officer, early, "decided_to_assess"))
    # A form that nobody is asked for can't be asked for.
    assert officer.post(f"/v1/desk/cases/{early}/advice", json=wanted).status_code == 404


def test_nothing_is_given_to_an_account_that_is_disabled(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    support = someone("help@leicester.example", staff=Staff.SUPPORT)
    gone = someone("gone@osierbeck.example")
    case = assessing(me, officer, services)
    [person] = [one.person_id for one in rows(services, Case)]
    done(support.put(f"/v1/support/accounts/{gone.id}/disabled"))
    for refused in (
        officer.post(f"/v1/desk/cases/{case}/advice", json=asking(gone, ADVICE)),
        officer.post(f"/v1/desk/people/{person}/allocations", json={"account": str(gone.id)}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")
        assert refused.json()["detail"].startswith("Ada Gone's account is disabled")
    assert len(done(officer.get(f"/v1/desk/cases/{case}")).json()["professionals"]) == 1
    assert rows(services, AdviceRequest) == []
