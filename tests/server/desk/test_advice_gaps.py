"""A case tells what its advice lacks, in the words of the warning before its decision."""

from server.core.database import Services
from shared.desk import CaseOut
from tests.advice import ADVICE
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.desk.taking_back import read
from tests.server.steps import ok

VIEWS = "The family's views are not recorded (Reg. 6(1)(a) and 7(a))."
OTHER_KINDS = ("health-advice", "psychological-advice", "social-care-advice")


def warnings(officer: Someone, case: CaseOut) -> list[str]:
    reply = record_event(officer, case.id, "decided_to_issue", confirmed=False)
    assert code_of(reply) == "needs_confirmation"
    return str(reply.json()["detail"]).split("\n")


def test_gaps_of_the_advice_are_those_of_the_warning_until_nothing_is_missing(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    id = create_case_in_assessment(me, officer, services)
    match_child(officer, id)
    case = read(officer, id)
    assert case.gaps == [
        VIEWS,
        "Never asked for (Reg. 6(1)): Educational advice, Health advice, Psychological advice, "
        "Social care advice.",
    ]
    assert case.gaps_now == (
        "Not asked for yet: 4 kinds of advice · the family's views are not recorded"
    )
    ok(officer.post(f"/v1/desk/cases/{id}/advice", json=advice_body(me, ADVICE)))
    for form in OTHER_KINDS[:2]:
        ok(officer.post(f"/v1/desk/cases/{id}/advice", json=advice_body(me, form)))
    case = read(officer, id)
    assert case.gaps_now.startswith("Not asked for yet: Social care advice ·")
    assert set(case.gaps) <= set(warnings(officer, case))
    assert case.gaps[0] == (
        "Advice not received yet: Educational advice from Ada Senco, Health advice from Ada Senco, "
        "Psychological advice from Ada Senco."
    )
    ok(officer.post(f"/v1/desk/cases/{id}/advice", json=advice_body(me, OTHER_KINDS[2])))
    case = read(officer, id)
    assert case.gaps_now == "The family's views are not recorded"
    ok(record_event(officer, id, "representations_recorded"))
    for row in case.advice:
        receipt = {"id": str(row.submission), "received_on": "2026-03-02"}
        ok(officer.post(f"/v1/desk/advice/{row.id}/paper", json=receipt))
    case = read(officer, id)
    assert (case.gaps, case.gaps_now) == ([], "")


def test_gaps_are_told_only_in_an_assessment_and_of_the_young_person(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    id = create_case(me, services, born="2009-01-20")
    case = read(officer, id)
    assert (case.gaps, case.gaps_now) == ([], "")
    ok(record_event(officer, id, "decided_to_assess"))
    match_child(officer, id)
    case = read(officer, id)
    assert case.gaps_now.endswith("the young person's views are not recorded")
    assert case.gaps[0].startswith("The young person's views") and "year 9" in case.gaps[-1]
    assert case.gaps == warnings(officer, case)[1:][: len(case.gaps)]
    move_days(clock, services, 1)
    ok(record_event(officer, id, "decided_to_issue", "2026-03-03"))
    case = read(officer, id)
    assert case.gaps_now == "" and case.gaps[-2].startswith("Never asked for")
    for kind in ("draft_served", "representations_recorded", "final_issued"):
        ok(record_event(officer, id, kind, "2026-03-03"))
    assert read(officer, id).gaps == []
