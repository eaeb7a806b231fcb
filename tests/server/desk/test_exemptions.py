"""Why a deadline could not be kept: of the one that ran then, and of no later one of its kind."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.cases.tables import Case, Exemption
from server.core.database import Services
from tests.advice import ADVICE
from tests.parts import TODAY, Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import asking, assessing, case_of, happen, move_days
from tests.server.steps import add_child, done, remind, rows, submitted

ISSUED = ("decided_to_issue", "draft_served", "representations_recorded", "final_issued")
AGAIN = ("meeting_held", "plan_maintained", "reassessment_agreed")


def exempt(officer: Someone, case: UUID, clock: str, **given: str) -> Response:
    body = {"id": str(uuid4()), "clock": clock, "ground": "absent", "reason": "Abroad.", **given}
    reply: Response = officer.post(f"/v1/desk/cases/{case}/exemptions", json=body)
    return reply


def test_what_excused_the_first_plan_does_not_excuse_the_next(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = assessing(me, officer, services)
    done(exempt(officer, case, "final"))
    for days, kinds in ((30, ISSUED), (700, AGAIN)):
        move_days(clock, services, days)
        for kind in kinds:
            told = done(happen(officer, case, kind, clock.now.date().isoformat())).json()
    [final] = [one for one in told["deadlines"] if one["kind"] == "final"]
    due = TODAY.date() + timedelta(days=730 + 98)
    assert (final["due"], final["excused"]) == (str(due), "")
    [kept] = rows(services, Case)
    assert (kept.next_kind, kept.next_due, kept.excused) == ("final", due, False)
    move_days(clock, services, 99)
    overdue = done(officer.get("/v1/desk/cases", params={"view": "overdue"})).json()["rows"]
    assert [row["id"] for row in overdue] == [str(case)]
    assert remind(services) == 1


def test_what_is_excused_stays_so_when_its_day_moves(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    submitted(me, person)
    [case] = rows(services, Case)
    done(exempt(officer, case.id, "decide"))
    given = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": "2026-02-20",
        "answers": {"needs": "Words come slowly."},
    }
    told = done(officer.post("/v1/desk/requests", json=given)).json()
    assert (told["deadlines"][0]["due"], told["deadlines"][0]["excused"] != "") == (
        "2026-04-03",
        True,
    )
    move_days(clock, services, 60)
    assert rows(services, Case)[0].excused
    assert remind(services) == 0


@pytest.mark.parametrize("other_case", [True, False])
def test_advice_of_another_case_is_not_excused(
    me: Someone, officer: Someone, services: Services, *, other_case: bool
) -> None:
    case = assessing(me, officer, services)
    advice = str(uuid4())
    if other_case:
        other = assessing(me, officer, services, first_name="Ivor")
        wanted = asking(me, ADVICE, id=advice)
        done(officer.post(f"/v1/desk/cases/{other}/advice", json=wanted))
    refused = exempt(officer, case, "advice", advice=advice)
    assert (refused.status_code, code_of(refused)) == (404, "not_found")
    assert rows(services, Exemption) == []


def test_advice_of_the_case_is_excused(me: Someone, officer: Someone, services: Services) -> None:
    case = assessing(me, officer, services)
    wanted = asking(me, ADVICE, id=str(uuid4()))
    [advice] = done(officer.post(f"/v1/desk/cases/{case}/advice", json=wanted)).json()["advice"]
    told = done(exempt(officer, case, "advice", advice=advice["id"])).json()
    [kept] = rows(services, Exemption)
    [excused] = [one["excused"] for one in told["advice"]]
    assert excused.endswith(f": {kept.reason}")


def test_a_deadline_that_does_not_run_is_not_excused(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = case_of(me, services)
    done(happen(officer, case, "decided_to_assess"))
    refused = exempt(officer, case, "decide")
    assert (refused.status_code, code_of(refused)) == (422, "invalid")
    assert rows(services, Exemption) == []
