"""The child's school follows the placement that the plan names, from its first day."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import update
from structlog.testing import capture_logs

from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services, Transaction
from server.core.logs import REPORT_LINE
from server.people.tables import Person
from server.placements import school as school_job
from server.placements.school import follow_placements
from server.placements.tables import Placement
from tests.parts import Clock, Someone
from tests.server.desk.steps import move_days, record_event
from tests.server.desk.taking_back import entries_of
from tests.server.placements.steps import (
    add_school,
    consult,
    create_drafted_case,
    name_placement,
)
from tests.server.placements.test_history import read_steps
from tests.server.steps import if_match, ok, rows

FOLLOWED = "School of the child follows the placement: "


def issue(officer: Someone, case: UUID) -> None:
    """Issue the final plan of a drafted case."""
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))


def shown(officer: Someone, case: UUID) -> str:
    """Return the school that officers see."""
    school: str = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]["school"]
    return school


def correct_school(officer: Someone, case: UUID, school: str) -> None:
    """Correct the school of the child of a case."""
    person = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]
    body = {"id": str(uuid4()), "school": school, "reason": "Moved."}
    path = f"/v1/desk/people/{person['id']}/details"
    ok(officer.put(path, json=body, headers=if_match(person["version"])))


def follow(services: Services) -> int:
    """Let schools follow the placements that have begun, and return how many did."""
    return asyncio.run(follow_placements(services))


def test_school_follows_the_placement_once_the_plan_is_issued(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    before = shown(officer, case)
    ok(name_placement(officer, case, id=(id := uuid4()), organisation=str(school)))
    assert (shown(officer, case), follow(services)) == (before, 0)
    issue(officer, case)
    assert shown(officer, case) == "Elm Park School"
    found = ok(officer.get("/v1/desk/cases", params={"find": "elm park"})).json()["rows"]
    assert [row["id"] for row in found] == [str(case)]
    [entry] = entries_of(services, Action.SCHOOL_FOLLOWED)
    [person] = rows(services, Person)
    assert (entry.subject_id, entry.account_id) == (id, officer.id) and entry.person_id == person.id
    [step] = [step for step in read_steps(officer, case) if step.label.startswith(FOLLOWED)]
    assert (step.label, step.text) == (f"{FOLLOWED}Elm Park School", f"Until then: {before}")
    assert follow(services) == 0


def test_school_follows_a_later_placement_on_its_first_day(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    issue(officer, case)
    before = shown(officer, case)
    ok(name_placement(officer, case, organisation=str(school), starts_on="2026-03-04"))
    ok(name_placement(officer, case, organisation=str(school), name="Second", rank=2))
    move_days(clock, services, 1)
    assert (shown(officer, case), follow(services)) == ("Second", 0)
    move_days(clock, services, 1)
    assert (follow(services), shown(officer, case), follow(services)) == (1, "Elm Park School", 0)
    steps = [step for step in read_steps(officer, case) if step.label.startswith(FOLLOWED)]
    assert [step.text for step in steps] == [f"Until then: {before}", "Until then: Second"]
    assert [step.by for step in steps] == ["Ada Officer", "the Local Authority"]


def test_school_follows_what_is_corrected_and_leaves_what_an_officer_corrected(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    issue(officer, case)
    before, id = shown(officer, case), uuid4()
    fields: dict[str, Any] = {"organisation": str(school)}
    ok(name_placement(officer, case, id=id, **fields))
    ok(name_placement(officer, case, id=id, version=1, name="Elm Park Academy", **fields))
    assert shown(officer, case) == "Elm Park Academy"
    ok(name_placement(officer, case, id=id, version=2, starts_on="2026-09-01", **fields))
    assert (shown(officer, case), follow(services)) == (before, 0)
    [step] = [step for step in read_steps(officer, case) if step.label.startswith(FOLLOWED)]
    assert step.text.startswith("Taken back")
    ok(name_placement(officer, case, id=id, version=3, **fields))
    assert shown(officer, case) == "Elm Park School"
    correct_school(officer, case, "Oak School")
    ok(name_placement(officer, case, id=id, version=4, sen_unit=True, **fields))
    assert (shown(officer, case), follow(services)) == ("Oak School", 0)


def test_school_follows_a_placement_that_is_put_off_after_it_was_corrected(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school, id = create_drafted_case(me, officer, services), add_school(services), uuid4()
    issue(officer, case)
    ok(name_placement(officer, case, id=id, organisation=str(school)))
    correct_school(officer, case, "Oak School")
    later: dict[str, Any] = {"organisation": str(school), "starts_on": "2026-03-04"}
    ok(name_placement(officer, case, id=id, version=1, **later))
    assert (shown(officer, case), follow(services)) == ("Oak School", 0)
    move_days(clock, services, 2)
    assert (follow(services), shown(officer, case)) == (1, "Elm Park School")


def test_child_whose_school_can_not_follow_does_not_stop_the_others(
    me: Someone, officer: Someone, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = add_school(services)
    cases = [
        create_drafted_case(me, officer, services, first_name=name) for name in ("Ivo", "Nell")
    ]
    for case in cases:
        issue(officer, case)
        ok(name_placement(officer, case, organisation=str(school), starts_on="2026-03-04"))
    move_days(clock, services, 2)
    broken, follow_one = cases[0], school_job.follow_placement

    def fail(tx: Transaction, case: Case) -> None:
        if case.id == broken:
            raise ValueError("No such form.")
        follow_one(tx, case)

    monkeypatch.setattr(school_job, "follow_placement", fail)
    with capture_logs() as logs:
        assert follow(services) == 1
    [log] = [log for log in logs if log["event"] == "school_not_followed"]
    assert (log["subject"], log["kind"], log["do"]) == (str(broken), "ValueError", REPORT_LINE)
    assert shown(officer, cases[1]) == "Elm Park School"


def test_school_does_not_follow_a_type_of_setting(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    typed = {"name": "Oak House", "address": "1 Oak Way, LE1 1FZ"}
    ok(consult(officer, case, typed=typed))
    issue(officer, case)
    before = shown(officer, case)
    ok(name_placement(officer, case, name="A mainstream primary school"))
    assert (shown(officer, case), follow(services)) == (before, 0)
    ok(name_placement(officer, case, name="Oak House"))
    assert shown(officer, case) == "Oak House"


def undo_issue(officer: Someone, case: UUID) -> None:
    """Undo the final plan that was issued last."""
    page = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    [event] = [row for row in page["events"] if row["kind"] == "final_issued" and row["undoable"]]
    path = f"/v1/desk/cases/{case}/events/{event['id']}/undo"
    ok(officer.post(path, json={"version": page["version"]}))


def test_school_goes_back_when_the_final_plan_is_undone(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    before = shown(officer, case)
    ok(name_placement(officer, case, organisation=str(school)))
    issue(officer, case)
    undo_issue(officer, case)
    assert (shown(officer, case), follow(services)) == (before, 0)
    assert len(entries_of(services, Action.SCHOOL_FOLLOWED)) == 2
    ok(record_event(officer, case, "final_issued"))
    assert shown(officer, case) == "Elm Park School"
    correct_school(officer, case, "Oak School")
    undo_issue(officer, case)
    assert shown(officer, case) == "Oak School"


def test_school_corrected_since_a_placement_began_stays_at_an_upgrade(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    ok(name_placement(officer, case, organisation=str(school)))
    issue(officer, case)
    move_days(clock, services, 1)
    correct_school(officer, case, "Oak School")
    with services.transaction() as tx:  # as the version before left it
        tx.session.exec(update(Placement).values(school_before=None))
    assert (follow(services), shown(officer, case)) == (0, "Oak School")


def test_school_goes_back_when_the_final_plan_is_corrected_to_another_step(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    before = shown(officer, case)
    ok(name_placement(officer, case, organisation=str(school)))
    issue(officer, case)
    page = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    [event] = [row for row in page["events"] if row["kind"] == "final_issued"]
    body = {"id": str(uuid4()), "kind": "draft_changed", "on": "2026-03-02"}
    body |= {"reason": "The other.", "text": "Section F.", "version": page["version"]}
    for _ in range(2):
        ok(officer.put(f"/v1/desk/cases/{case}/events/{event['id']}", json=body))
        assert shown(officer, case) == before
