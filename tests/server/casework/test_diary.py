"""The officer's diary of a week, and its calendar file."""

from datetime import date
from uuid import UUID, uuid4

import icalendar
import pytest

from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Clock, Factory, Someone
from tests.server.casework.steps import CASEWORK, add_panel, add_task
from tests.server.desk.steps import advice_body, create_case_in_assessment, move_days
from tests.server.desk.test_exemptions import exempt
from tests.server.desk.test_officers import cover_body
from tests.server.statements import record_statements
from tests.server.steps import if_match, ok

pytestmark = pytest.mark.both_databases

FORM = "educational-advice"


def read_days(officer: Someone, **query: str) -> dict[str, list[str]]:
    diary = ok(officer.get(f"{CASEWORK}/diary", params=query)).json()
    days = {day["day"]: [entry["words"] for entry in day["entries"]] for day in diary["days"]}
    return {day: words for day, words in days.items() if words} | {
        "late": [entry["words"] for entry in diary["late"]]
    }


def take_case(officer: Someone, me: Someone, services: Services, **child: str) -> UUID:
    case = create_case_in_assessment(me, officer, services, **child)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    return case


def test_week_holds_deadlines_advice_tasks_and_panels(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = take_case(officer, me, services)
    body = advice_body(me, FORM)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body))
    add_task(officer, "Call Ivo's school", "2026-06-24", case)
    add_task(officer, "Order the room", "2026-06-21")
    add_panel(officer, "Panel", "2026-06-24", starts="14:00", place="Room 3")
    move_days(clock, services, 109)  # Friday, 19 June
    assert read_days(officer, day="2026-06-24") == {
        "2026-06-22": ["Decision whether to issue a plan due"],
        "2026-06-24": ["Panel, Room 3 · 0 cases", "Call Ivo's school"],
        "late": [],
    }
    move_days(clock, services, 1)
    weekend = read_days(officer)  # the week to come, with what is due on Sunday before it
    assert list(weekend) == ["2026-06-22", "2026-06-24", "late"]
    assert weekend["late"][-1] == "Order the room"
    move_days(clock, services, 2)
    assert read_days(officer)["late"] == [
        "Educational Advice for Statutory EHC Assessment due",
        "Order the room",
    ]
    assert read_days(officer, day="2026-06-21") == {"2026-06-21": ["Order the room"], "late": []}
    ok(exempt(officer, case, "no_plan"))
    assert "2026-06-22" not in read_days(officer)
    ok(officer.delete(f"/v1/desk/cases/{case}/officer"))
    assert read_days(officer)["late"] == ["Order the room"]
    for day in ("0001-01-01", "9999-12-31"):
        assert officer.get(f"{CASEWORK}/diary", params={"day": day}).status_code == 422


def test_calendar_file_is_valid_names_no_child_and_has_stable_ids(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = take_case(officer, me, services)
    task = add_task(officer, "Call Ivo's school", "2026-06-23", case)
    add_panel(officer, "Panel; of June, plan", "2026-06-24", starts="14:00")
    path, query = f"{CASEWORK}/diary.ics", {"day": "2026-06-22"}

    def read() -> dict[str, icalendar.Component]:
        reply = ok(officer.get(path, params=query))
        assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
        for word in ("Ivo", "Larkspur", "school"):
            assert word not in reply.text
        calendar = icalendar.Calendar.from_ical(reply.content)
        assert calendar.errors == []
        return {str(event["uid"]).split("-")[0]: event for event in calendar.walk("VEVENT")}

    events = read()
    [form] = ok(officer.get(f"/v1/desk/cases/{case}")).json()["forms"]
    assert {kind: str(event["summary"]) for kind, event in events.items()} == {
        "deadline": f"Decision whether to issue a plan due (case {form['reference']})",
        "task": f"Task due (case {form['reference']})",
        "panel": "Panel; of June, plan · 0 cases",
    }
    assert events["task"].decoded("dtstart") == date(2026, 6, 23)
    assert events["panel"].decoded("dtstart").isoformat() == "2026-06-24T13:00:00+00:00"
    moved = {"text": "Call the school", "due": "2026-06-25", "case": str(case)}
    ok(officer.put(f"{CASEWORK}/tasks/{task}", json=moved, headers=if_match(1)))
    again = read()
    assert {str(event["uid"]) for event in events.values()} == {
        str(event["uid"]) for event in again.values()
    }
    assert again["task"].decoded("dtstart") == date(2026, 6, 25)
    log = ok(officer.get(f"/v1/desk/people/{_child(officer, case)}/trail")).text
    assert "My week saved" in log


def _child(officer: Someone, case: UUID) -> str:
    person: str = ok(officer.get(f"{CASEWORK}/cases/{case}")).json()["person"]
    return person


def test_week_of_who_covers_holds_the_cases_of_who_is_away(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    cover = someone("cover@leicester.example", staff=Staff.OFFICER)
    case = take_case(officer, me, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, FORM)))
    [advice] = ok(officer.get(f"/v1/desk/cases/{case}")).json()["advice"]
    add_task(officer, "A task of the officer's own", "2026-06-22")
    assert read_days(cover, day="2026-06-22") == {"late": []}
    ok(officer.post("/v1/desk/covers", json=cover_body(officer, cover)))
    assert read_days(cover, day="2026-06-22")["2026-06-22"] == [
        "Decision whether to issue a plan due"
    ]
    [words] = read_days(cover, day=advice["due"])[advice["due"]]
    assert words == "Educational Advice for Statutory EHC Assessment due"


def test_number_of_statements_is_independent_of_the_number_of_cases(
    me: Someone, officer: Someone, services: Services
) -> None:
    counts, entries = [], []
    for names in (("Ada",), ("Bea", "Cai", "Dan")):
        for name in names:
            take_case(officer, me, services, first_name=name)
        with record_statements(services) as statements:
            entries.append(len(read_days(officer, day="2026-06-22")["2026-06-22"]))
        counts.append(len(statements))
    assert entries == [1, 4]
    assert counts[0] == counts[1], statements


def test_diary_of_another_officer_is_not_shown(
    me: Someone, officer: Someone, services: Services
) -> None:
    add_task(officer, str(uuid4()), "2026-03-02")
    assert read_days(officer)["2026-03-02"]
    assert me.get(f"{CASEWORK}/diary").status_code == 403
