"""A child matched with one known already: cases, clocks, forms and links go on as that one's."""

from uuid import UUID, uuid4

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action
from server.core.database import Services
from server.people.tables import Person
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import move_days
from tests.server.steps import add_child, audit_of, done, rows, submitted


def match(officer: Someone, person: UUID, known: UUID | None = None) -> None:
    body = {"same_as": str(known)} if known else {}
    done(officer.post(f"/v1/desk/people/{person}/match", json=body))


def on_paper(person: UUID, received: str) -> dict[str, object]:
    return {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": received,
        "answers": {"needs": "Words come slowly."},
    }


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
    [earlier, _] = sorted(rows(services, Case), key=lambda one: one.opened_at)
    why = {"id": str(uuid4()), "clock": "decide", "ground": "absent", "reason": "Abroad."}
    done(officer.post(f"/v1/desk/cases/{earlier.id}/exemptions", json=why))
    match(officer, new, known)
    [case] = [one for one in rows(services, Case) if not one.closed]
    told = done(officer.get(f"/v1/desk/cases/{case.id}")).json()
    assert told["received_on"] == "2026-03-02"
    assert [one["due"] for one in told["deadlines"]] == ["2026-04-13", "2026-06-22", "2026-07-20"]
    assert str(case.next_due) == "2026-04-13"
    dated = [one for one in audit_of(services) if one.action == Action.CASE_EVENT_ADDED][-1]
    assert (dated.account_id, dated.subject_id, dated.person_id) == (officer.id, case.id, known)
    received = [e.on for e in rows(services, CaseEvent) if e.kind == "request_received"]
    assert {str(on) for on in received} == {"2026-03-02"}
    assert told["events"][-1]["reason"] == "Another request came earlier. (It was 22/03/2026.)"
    assert told["deadlines"][0]["excused"].endswith("Abroad.")
    assert case.excused


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
    assert {e.kind for e in rows(services, CaseEvent)} == {"request_received", "joined"}


def test_a_request_on_paper_that_came_before_the_open_one_starts_the_clock(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submitted(me, person)
    for received, counted in (("2026-02-02", "2026-02-02"), ("2026-02-20", "2026-02-02")):
        given = on_paper(person, received)
        for _ in range(2):
            told = done(officer.post("/v1/desk/requests", json=given)).json()
        assert told["received_on"] == counted
        assert told["events"][0]["on"] == counted
    assert told["deadlines"][0]["due"] == "2026-03-16"
    assert len(told["forms"]) == 3
    assert [one["on"] for one in told["events"]] == ["2026-02-02", "2026-02-02"]


def test_a_day_that_was_mistyped_is_corrected_and_the_history_keeps_both(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submitted(me, person)
    wrong = done(officer.post("/v1/desk/requests", json=on_paper(person, "2025-02-20"))).json()
    assert wrong["deadlines"][0]["due"] == "2025-04-03"
    to = f"/v1/desk/cases/{wrong['id']}/events"
    right = {"id": str(uuid4()), "kind": "day_corrected", "on": "2026-02-20", "reason": "A slip."}
    assert code_of(officer.post(to, json=right | {"reason": ""})) == "invalid"
    for _ in range(2):
        told = done(officer.post(to, json=right)).json()
    assert (told["received_on"], told["deadlines"][0]["due"]) == ("2026-02-20", "2026-04-03")
    assert told["events"][-1]["reason"] == "A slip. (It was 20/02/2025.)"
    assert "day_corrected" in [one["kind"] for one in told["allowed"]]


def test_a_request_of_a_day_before_the_last_case_ended_opens_no_other(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    submitted(me, person)
    [case] = rows(services, Case)
    no = {"id": str(uuid4()), "kind": "refused_to_assess", "on": "2026-03-02", "reason": "Needs."}
    done(officer.post(f"/v1/desk/cases/{case.id}/events", json=no))
    move_days(clock, services, 30)
    refused = officer.post("/v1/desk/requests", json=on_paper(person, "2026-02-20"))
    assert code_of(refused) == "invalid"
    assert "ended on 02/03/2026" in refused.json()["errors"][0]["message"]
    assert len(rows(services, Case)) == 1
    done(officer.post("/v1/desk/requests", json=on_paper(person, "2026-03-02")))


def test_the_case_that_runs_is_shown_and_not_one_that_was_opened_later_and_closed(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    new = add_child(me)
    submitted(me, new)
    move_days(clock, services, 5)
    other = someone("head@osierbeck.example")
    known = add_child(other)
    done(other.post(f"/v1/submissions/{submitted(other, known)}/withdraw"))
    match(officer, known)
    match(officer, new, known)
    told = done(me.get(f"/v1/people/{known}/progress")).json()
    assert (told["state"], len(told["forms"])) == ("submitted", 1)
    submitted(me, known)
    assert len(rows(services, Case)) == 2


def test_a_case_that_was_joined_is_not_the_newest(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    known = add_child(me)
    first = submitted(me, known)
    match(officer, known)
    move_days(clock, services, 5)
    other = someone("head@osierbeck.example")
    new = add_child(other)
    second = submitted(other, new)
    match(officer, new, known)
    for who, form in ((me, first), (other, second)):
        done(who.post(f"/v1/submissions/{form}/withdraw"))
    told = done(me.get(f"/v1/people/{known}/progress")).json()
    assert (told["state"], len(told["forms"])) == ("withdrawn", 2)


def test_what_was_matched_is_followed_through_another_match(
    me: Someone, officer: Someone, services: Services
) -> None:
    first, second, third = (add_child(me, first_name=name) for name in ("Ivo", "Ivor", "Ivon"))
    done(me.get(f"/v1/people/{first}"))
    match(officer, third)
    match(officer, first, second)
    match(officer, second, third)
    trail = done(officer.get(f"/v1/desk/people/{third}/trail")).json()["rows"]
    assert [line["action"] for line in trail].count("Person added") == 3
    assert {row.id: row.merged_into for row in rows(services, Person)} == {
        first: third,
        second: third,
        third: None,
    }
    match(officer, first, second)  # a repeat


def test_the_link_of_an_older_message_leads_to_the_child_it_went_to(
    me: Someone, officer: Someone
) -> None:
    new, known = add_child(me), add_child(me, first_name="Ivor")
    to = {"account": str(me.id)}
    done(officer.post(f"/v1/desk/people/{new}/allocations", json=to))
    match(officer, known)
    match(officer, new, known)
    [row] = done(me.get("/v1/messages")).json()["rows"]
    told = done(me.get(f"/v1/messages/{row['id']}")).json()
    assert told["place"] == f"people/{known}"
    assert me.get(f"/v1/{told['place']}/progress").status_code == 200
