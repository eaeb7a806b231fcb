"""Exemptions apply to the current deadline, not to later ones of its kind."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.cases.tables import Case, Exemption
from server.core.database import Services
from tests.advice import ADVICE
from tests.parts import TODAY, Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.steps import add_child, ok, remind, rows, submit_request

ISSUE_EVENTS = ("decided_to_issue", "draft_served", "representations_recorded", "final_issued")
REASSESSMENT_EVENTS = ("meeting_held", "plan_maintained", "reassessment_agreed")


def exempt(officer: Someone, case: UUID, kind: str, **overrides: str) -> Response:
    body = {"id": str(uuid4()), "clock": kind, "ground": "absent", "reason": "Abroad.", **overrides}
    reply: Response = officer.post(f"/v1/desk/cases/{case}/exemptions", json=body)
    return reply


def test_exemption_of_first_plan_does_not_apply_to_the_next(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(exempt(officer, case, "final"))
    for days, kinds in ((30, ISSUE_EVENTS), (700, REASSESSMENT_EVENTS)):
        move_days(clock, services, days)
        for kind in kinds:
            detail = ok(record_event(officer, case, kind, clock.now.date().isoformat())).json()
    [final] = [deadline for deadline in detail["deadlines"] if deadline["kind"] == "final"]
    due = TODAY.date() + timedelta(days=730 + 98)
    assert (final["due"], final["excused"]) == (str(due), "")
    [stored_case] = rows(services, Case)
    assert (stored_case.next_kind, stored_case.next_due, stored_case.excused) == (
        "final",
        due,
        False,
    )
    move_days(clock, services, 99)
    overdue = ok(officer.get("/v1/desk/cases", params={"view": "overdue"})).json()["rows"]
    assert [row["id"] for row in overdue] == [str(case)]
    assert remind(services) == 1


def test_exemption_remains_when_the_due_date_moves(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    submit_request(me, person)
    [case] = rows(services, Case)
    ok(exempt(officer, case.id, "decide"))
    body = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": "2026-02-20",
        "answers": {"needs": "Words come slowly."},
        "confirmed": True,
    }
    detail = ok(officer.post("/v1/desk/requests", json=body)).json()
    assert (detail["deadlines"][0]["due"], detail["deadlines"][0]["excused"] != "") == (
        "2026-04-03",
        True,
    )
    move_days(clock, services, 60)
    assert rows(services, Case)[0].next_kind == "no_plan"
    assert remind(services) == 0


@pytest.mark.parametrize("other_case", [True, False])
def test_advice_of_another_case_cannot_be_exempted(
    me: Someone, officer: Someone, services: Services, *, other_case: bool
) -> None:
    case = create_case_in_assessment(me, officer, services)
    advice = str(uuid4())
    if other_case:
        other = create_case_in_assessment(me, officer, services, first_name="Ivor")
        body = advice_body(me, ADVICE, id=advice)
        ok(officer.post(f"/v1/desk/cases/{other}/advice", json=body))
    reply = exempt(officer, case, "advice", advice=advice)
    assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert rows(services, Exemption) == []


def test_advice_of_the_case_can_be_exempted(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(me, ADVICE, id=str(uuid4()))
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    detail = ok(exempt(officer, case, "advice", advice=advice["id"])).json()
    [exemption] = rows(services, Exemption)
    [excused] = [advice["excused"] for advice in detail["advice"]]
    assert excused.endswith(f": {exemption.reason}")


def test_inactive_deadline_cannot_be_exempted(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(record_event(officer, case, "decided_to_assess"))
    reply = exempt(officer, case, "decide")
    assert (reply.status_code, code_of(reply)) == (422, "invalid")
    assert rows(services, Exemption) == []


def test_closure_excuses_only_if_long_and_advice_was_asked_for_then(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    closed = {"ground": "closed", "closed_from": "2026-03-05", "closed_to": "2026-04-06"}
    assert code_of(exempt(officer, case, "final", **closed)) == "invalid"  # nobody was asked
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, "educational-advice")))
    for wrong in ({"closed_to": "2026-03-31"}, {"closed_from": "2026-03-20"}, {"closed_to": ""}):
        dates = {key: day for key, day in (closed | wrong).items() if day}
        assert code_of(exempt(officer, case, "final", **dates)) == "invalid", wrong
    detail = ok(exempt(officer, case, "final", **closed)).json()
    [final] = [row for row in detail["deadlines"] if row["kind"] == "final"]
    assert final["excused"].startswith("School or provider closed")


def test_exemption_taken_back_no_longer_excuses(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    made = str(uuid4())
    for _ in range(2):
        detail = ok(exempt(officer, case, "decide", id=made)).json()
    assert code_of(exempt(officer, case, "decide", id=made, reason="Ill.")) == "conflict"
    [row] = [row for row in detail["deadlines"] if row["exemption"]]
    move_days(clock, services, 60)
    for _ in range(2):
        path = f"/v1/desk/exemptions/{row['exemption']}/remove"
        detail = ok(officer.post(path, json={"reason": "They were here."})).json()
    assert not any(deadline["excused"] for deadline in detail["deadlines"])
    [stored] = rows(services, Exemption)
    assert (stored.removed_by, stored.removed_reason) == (officer.id, "They were here.")
    overdue = ok(officer.get("/v1/desk/cases", params={"view": "overdue"})).json()["rows"]
    assert [listed["id"] for listed in overdue] == [str(case)]
    ok(exempt(officer, case, "decide"))


def test_closure_at_the_request_excuses_the_decision_to_assess(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    closed = {"ground": "closed", "closed_from": "2026-03-05", "closed_to": "2026-04-06"}
    assert code_of(exempt(officer, case, "decide", **closed | {"closed_from": "2026-03-20"})) == (
        "invalid"
    )
    ok(exempt(officer, case, "decide", **closed))
    assert code_of(exempt(officer, case, "decide")) == "not_allowed"  # it is excused already
    assert len(rows(services, Exemption)) == 1


def test_excuse_of_advice_is_taken_back(me: Someone, officer: Someone, services: Services) -> None:
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(me, "educational-advice")
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    detail = ok(exempt(officer, case, "advice", advice=advice["id"])).json()
    [excused] = detail["advice"]
    path = f"/v1/desk/exemptions/{excused['exemption']}/remove"
    [counted] = ok(officer.post(path, json={"reason": "They came."})).json()["advice"]
    assert (counted["excused"], counted["exemption"]) == ("", None)
