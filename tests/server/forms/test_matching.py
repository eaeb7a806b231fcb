"""A child matched with one known already: cases, clocks, forms and links go on as that one's."""

from uuid import UUID, uuid4

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action
from server.core.database import Services
from tests.parts import Clock, Factory, Someone
from tests.server.desk import move_days
from tests.server.steps import add_child, audit_of, done, rows, submitted


def match(officer: Someone, person: UUID, known: UUID | None = None) -> None:
    body = {"same_as": str(known)} if known else {}
    done(officer.post(f"/v1/desk/people/{person}/match", json=body))


def test_the_earlier_of_two_requests_starts_the_clock_of_the_one_case(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    new = add_child(me)
    submitted(me, new)
    move_days(clock, services, 20)
    other = someone("head@osierbeck.example")
    known = add_child(other)
    submitted(other, known)
    match(officer, known)
    match(officer, new, known)
    [case] = [one for one in rows(services, Case) if not one.closed]
    told = done(officer.get(f"/v1/desk/cases/{case.id}")).json()
    assert told["received_on"] == "2026-03-02"
    assert [one["due"] for one in told["deadlines"]] == ["2026-04-13", "2026-06-22", "2026-07-20"]
    assert str(case.next_due) == "2026-04-13"
    [dated] = [one for one in audit_of(services) if one.action == Action.CASE_DATED_EARLIER]
    assert (dated.account_id, dated.subject_id, dated.person_id) == (officer.id, case.id, known)
    received = [e.on for e in rows(services, CaseEvent) if e.kind == "request_received"]
    assert {str(on) for on in received} == {"2026-03-02"}


def test_a_later_request_that_is_joined_moves_no_clock(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    known = add_child(me)
    submitted(me, known)
    match(officer, known)
    move_days(clock, services, 20)
    other = someone("head@osierbeck.example")
    new = add_child(other)
    submitted(other, new)
    match(officer, new, known)
    [case] = [one for one in rows(services, Case) if not one.closed]
    assert str(case.received_on) == "2026-03-02"
    assert Action.CASE_DATED_EARLIER not in {one.action for one in audit_of(services)}


def test_a_request_on_paper_that_came_before_the_open_one_starts_the_clock(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submitted(me, person)
    for received, counted in (("2026-02-02", "2026-02-02"), ("2026-02-20", "2026-02-02")):
        given = {
            "submission": str(uuid4()), "version": str(uuid4()), "person": str(person),
            "received_on": received, "answers": {"needs": "Words come slowly."},
        }  # fmt: skip
        for _ in range(2):
            told = done(officer.post("/v1/desk/requests", json=given)).json()
        assert told["received_on"] == counted
        assert told["events"][0]["on"] == counted
    assert told["deadlines"][0]["due"] == "2026-03-16"
    assert len(told["forms"]) == 3
    dated = [one for one in audit_of(services) if one.action == Action.CASE_DATED_EARLIER]
    assert len(dated) == 1
