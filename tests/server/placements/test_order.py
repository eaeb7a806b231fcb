"""A placement whose days don't fit the steps of its case is warned of, and can be recorded."""

from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.database import Services
from server.placements.tables import Placement
from tests.parts import Clock, Someone
from tests.server.desk.steps import move_days, record_event
from tests.server.placements.steps import create_drafted_case, name_placement, read
from tests.server.steps import ok, rows


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services, clock: Clock) -> UUID:
    """A case whose final plan was issued on 10 March, ten days ago."""
    case = create_drafted_case(me, officer, services)
    move_days(clock, services, 18)
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind, on="2026-03-10"))
    return case


def correct(officer: Someone, case: UUID, on: str, **more: object) -> Response:
    """Correct the day of the last event of a case."""
    event = ok(officer.get(f"/v1/desk/cases/{case}")).json()["events"][-1]
    body = {"id": str(uuid4()), "kind": event["kind"], "on": on, "reason": "A slip.", **more}
    path = f"/v1/desk/cases/{case}/events/{event['id']}"
    reply: Response = officer.put(path, json=body)
    return reply


def test_placement_before_the_plan_that_names_it_is_warned_of(
    officer: Someone, case: UUID, services: Services
) -> None:
    id = uuid4()
    refused = name_placement(officer, case, id=id, starts_on="2026-03-09")
    assert refused.json()["code"] == "needs_confirmation"
    assert refused.json()["detail"].splitlines()[1:] == [
        "Elm Park School begins on 09/03/2026, before the plan of 10/03/2026 that names it."
    ]
    assert rows(services, Placement) == []
    ok(name_placement(officer, case, id=id, starts_on="2026-03-10"))
    assert name_placement(officer, case, id=id, version=1, starts_on="2026-03-08").is_error
    ok(name_placement(officer, case, id=id, version=1, starts_on="2026-03-08", confirmed=True))
    ok(name_placement(officer, case, id=id, version=2, starts_on="2026-03-08", rank=2))
    [row] = read(officer, case).placements
    assert (row.rank, str(row.starts_on)) == (2, "2026-03-08")


@pytest.mark.both_databases
def test_plan_that_would_be_after_its_placement_is_warned_of(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    ok(name_placement(officer, case, starts_on="2026-03-12"))
    refused = correct(officer, case, "2026-03-15")
    assert refused.json()["code"] == "needs_confirmation"
    assert "12/03/2026, before the plan of 15/03/2026" in refused.json()["detail"]
    assert ok(officer.get(f"/v1/desk/cases/{case}")).json()["events"][-1]["on"] == "2026-03-10"
    ok(correct(officer, case, "2026-03-11"))
    ok(correct(officer, case, "2026-03-15", confirmed=True))
    ok(correct(officer, case, "2026-03-16", confirmed=True))
    move_days(clock, services, 1)
    ok(record_event(officer, case, "meeting_held", on="2026-03-20"))
    ok(correct(officer, case, "2026-03-21"))  # which leaves the placement where it was


def test_placement_after_the_end_of_its_case_is_warned_of(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    id = uuid4()
    ok(name_placement(officer, case, id=id, starts_on="2026-03-19"))
    move_days(clock, services, 1)
    ok(record_event(officer, case, "transferred_out", on="2026-03-20", reason="Rutland."))
    after = "Elm Park School begins on {}, after the case ended on {}."
    refused = name_placement(officer, case, id=id, version=1, starts_on="2026-09-01")
    assert after.format("01/09/2026", "20/03/2026") in refused.json()["detail"]
    refused = correct(officer, case, "2026-03-18")
    assert after.format("19/03/2026", "18/03/2026") in refused.json()["detail"]
    ok(correct(officer, case, "2026-03-18", confirmed=True))


def test_placement_belongs_to_the_plan_that_was_issued_after_it_was_recorded(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, id = create_drafted_case(me, officer, services), uuid4()
    move_days(clock, services, 18)
    ok(name_placement(officer, case, id=id, starts_on="2026-03-12"))
    views = "representations_recorded"
    ok(record_event(officer, case, views, on="2026-03-10"))
    before_plan = "Elm Park School begins on 12/03/2026, before the plan of {} that names it."
    warned = record_event(officer, case, "final_issued", on="2026-03-13", confirmed=False)
    assert before_plan.format("13/03/2026") in warned.json()["detail"]
    warned = record_event(officer, case, "final_issued", on="2026-03-12", confirmed=False)
    assert "Elm Park" not in warned.json()["detail"]
    ok(record_event(officer, case, "final_issued", on="2026-03-12"))
    for kind in ("meeting_held", "amendment_proposed", views):
        ok(record_event(officer, case, kind, on="2026-03-19"))
    clock.move(minutes=1)
    warned = record_event(officer, case, "final_issued", on="2026-03-19", confirmed=False)
    assert "Elm Park" not in warned.json()["detail"]
    ok(record_event(officer, case, "final_issued", on="2026-03-19"))
    ok(name_placement(officer, case, id=id, version=1, starts_on="2026-03-13"))
    clock.move(minutes=1)
    starts, ends = "2026-03-12", "2026-03-18"
    ok(name_placement(officer, case, name="Oak School", starts_on=starts, ends_on=ends))
    refused = name_placement(officer, case, name="Ash School", starts_on="2026-03-18")
    assert refused.json()["code"] == "needs_confirmation"
