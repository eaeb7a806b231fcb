"""The cohort of phase transfers, and what is done with several of its cases."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.cases.tables import NOTHING_DUE, Case, CaseEvent
from server.core.database import Services
from server.desk.recomputing import recompute
from server.people.tables import Person
from shared.cases.events import EventKind
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case, match_child, move_days, record_event
from tests.server.steps import add_child, child, if_match, ok, rows

BORN = {"Ada": "2015-01-01", "Bea": "2010-01-01", "Cai": "2018-01-01", "Dot": "2015-02-02"}
"""Ada and Dot leave year 6 in summer 2026, Bea year 11, and Cai none."""
PLAN = ("decided_to_assess", "decided_to_issue", "draft_served", "representations_recorded")


@pytest.fixture
def cases(me: Someone, officer: Someone, services: Services) -> dict[str, UUID]:
    """Four cases; all have a plan but Dot's."""
    by_name = {}
    for name, born in BORN.items():
        by_name[name] = create_case(me, services, first_name=name, last_name=f"Z{name}", born=born)
        if name != "Dot":
            match_child(officer, by_name[name])
            for kind in (*PLAN, "final_issued"):
                ok(record_event(officer, by_name[name], kind))
    return by_name


def cohort(officer: Someone, **query: str | int) -> dict[str, Any]:
    page: dict[str, Any] = ok(
        officer.get("/v1/desk/cases", params={"view": "transfers", **query})
    ).json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [row["name"].split(", ")[1] for row in page["rows"]]


def days(services: Services, cases: dict[str, UUID]) -> dict[str, str]:
    by_id = {case.id: case for case in rows(services, Case)}
    return {name: str(by_id[id].transfer_on) for name, id in cases.items()}


def test_cohort_lists_whose_transfer_is_due_and_how_far_it_is(
    me: Someone, officer: Someone, services: Services, clock: Clock, cases: dict[str, UUID]
) -> None:
    page = cohort(officer)
    assert (names(page), page["total"]) == (["Ada", "Bea"], 2)
    assert [row["transfer_on"] for row in page["rows"]] == ["2026-02-14", "2026-03-30"]
    assert page["cohort"] == {"year": 2026, "met": 0, "notified": 0, "named": 0}
    assert names(cohort(officer, transfer_kind="post_16")) == ["Bea"]
    assert names(cohort(officer, transfer_kind="school", descending=True)) == ["Ada"]
    assert names(cohort(officer, transfer_year=2027)) == []
    assert names(cohort(officer, find="zb")) == ["Bea"]
    assert names(cohort(officer, limit=1, cursor=cohort(officer, limit=1)["next"])) == ["Bea"]
    ok(record_event(officer, cases["Ada"], "meeting_held"))
    ok(record_event(officer, cases["Ada"], "amendment_proposed"))
    ok(record_event(officer, cases["Ada"], "phase_transfer_set", day="2026-02-28"))
    ok(record_event(officer, cases["Ada"], "phase_transfer_named"))
    page = cohort(officer)
    assert page["cohort"] == {"year": 2026, "met": 1, "notified": 1, "named": 1}
    row = page["rows"][0]
    assert {row[key] for key in ("meeting_on", "notice_on", "named_on")} == {"2026-03-02"}
    assert row["transfer_on"] == "2026-02-28"
    columns = ["name", "transfer", "meeting", "notice", "named"]
    query = {"view": "transfers", "columns": columns}
    text = ok(officer.get("/v1/desk/cases.csv", params=query)).text
    assert text.splitlines()[1:] == [
        f'"ZAda, Ada",{BORN["Ada"]},2026-02-28,2026-03-02,2026-03-02,2026-03-02',
        f'"ZBea, Bea",{BORN["Bea"]},2026-03-30,,,',
    ]
    # A corrected date of birth counts at once, whoever corrected it.
    people = {case.id: case.person_id for case in rows(services, Case)}
    person, twin = people[cases["Cai"]], people[cases["Bea"]]
    details = child(first_name="Cai", last_name="ZCai", born="2015-03-03", reason="A slip.")
    path = f"/v1/desk/people/{person}/details"
    ok(officer.put(path, json=details, headers=if_match(1)))
    assert days(services, cases)["Cai"] == "2026-02-14"
    details = child(first_name="Cai", last_name="ZCai", born=BORN["Cai"])
    ok(me.put(f"/v1/people/{person}", json=details, headers=if_match(2)))
    assert days(services, cases)["Cai"] == "2029-02-14"
    known = add_child(me, first_name="Bea", last_name="ZBea", born="2015-04-04")
    ok(officer.post(f"/v1/desk/people/{twin}/match", json={"same_as": str(known)}))
    assert days(services, cases)["Bea"] == "2026-02-14"
    # In the next school year those of this one are over, and changes of the database are noticed.
    move_days(clock, services, 190)
    assert asyncio.run(recompute(services)) == 2
    assert days(services, cases) == {
        "Ada": "2031-03-30",
        "Bea": "2031-03-30",
        "Cai": "2029-02-14",
        "Dot": "None",
    }
    with services.transaction() as tx:
        cai = tx.session.get_one(Person, person)
        cai.born = cai.born.replace(year=2016)
    assert asyncio.run(recompute(services)) == 1
    assert names(cohort(officer)) == ["Cai"]
    assert asyncio.run(recompute(services)) == 0
    # An earlier version allowed events in another order; the transfer is updated all the same.
    with services.transaction() as tx:
        cai = tx.session.get_one(Person, person)
        cai.born = cai.born.replace(year=2015)
        tx.session.get_one(Case, cases["Cai"]).sort_due = NOTHING_DUE
        for event in tx.session.exec(select(CaseEvent).where(CaseEvent.case_id == cases["Cai"])):
            if event.kind == EventKind.DECIDED_TO_ISSUE:
                event.kind = EventKind.MEETING_HELD
    before = days(services, cases)["Cai"]
    assert asyncio.run(recompute(services)) == 1
    assert days(services, cases)["Cai"] != before
    assert asyncio.run(recompute(services)) == 0


def test_phase_transfers_of_marked_cases_are_set_once(
    officer: Someone, services: Services, clock: Clock, cases: dict[str, UUID]
) -> None:
    body = {"id": str(uuid4()), "kind": "transfer", "cases": [str(id) for id in cases.values()]}
    expected = {
        cases["Ada"]: "",
        cases["Bea"]: "",
        cases["Cai"]: "",
        cases["Dot"]: "it has no plan",
    }
    for path in ("/check", "", ""):
        reply = ok(officer.post(f"/v1/desk/several{path}", json=body)).json()
        assert {UUID(row["case"]): row["left_out"] for row in reply["rows"]} == expected
        assert reply["people"] == 0
    events = [row for row in rows(services, CaseEvent) if row.kind == EventKind.PHASE_TRANSFER_SET]
    assert {(event.case_id, str(event.day)) for event in events} == {
        (cases["Ada"], "2026-02-14"),
        (cases["Bea"], "2026-03-30"),
        (cases["Cai"], "2029-02-14"),
    }
    assert len(events) == 3
    again = ok(officer.post("/v1/desk/several", json={**body, "id": str(uuid4())})).json()
    assert {row["left_out"] for row in again["rows"]} == {
        "its phase transfer is set already",
        "it has no plan",
    }
    # In the next school year the day is the next one, before the stored days are updated.
    move_days(clock, services, 190)
    body["id"] = str(uuid4())
    for path in ("/check", ""):
        reply = ok(officer.post(f"/v1/desk/several{path}", json=body)).json()
        [ada] = [row for row in reply["rows"] if row["case"] == str(cases["Ada"])]
        assert ada["left_out"] == ""
    assert days(services, cases)["Ada"] == "2031-03-30"
    days_set = {(row.case_id, str(row.day)) for row in rows(services, CaseEvent)}
    assert (cases["Ada"], "2031-03-30") in days_set
