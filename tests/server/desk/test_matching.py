"""Matching moves a child's cases, deadlines, forms and links to the known child."""

from uuid import UUID, uuid4

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action
from server.core.database import Services
from server.people.tables import Person
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import move_days
from tests.server.steps import add_child, audit_of, if_match, ok, rows, submit_request


def match_child(officer: Someone, person: UUID, known: UUID | None = None) -> None:
    body = {"same_as": str(known)} if known else {}
    ok(officer.post(f"/v1/desk/people/{person}/match", json=body))


def paper_request(person: UUID, received_on: str) -> dict[str, object]:
    return {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": received_on,
        "answers": {"needs": "Words come slowly."},
        "confirmed": True,
    }


def test_earlier_of_two_requests_sets_the_deadlines(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    new = add_child(me)
    submit_request(me, new)
    move_days(clock, services, 20)
    other = someone("head@osierbeck.example")
    known = add_child(other)
    submit_request(other, known)
    match_child(officer, known)
    [earlier, _] = sorted(rows(services, Case), key=lambda case: case.opened_at)
    exemption = {"id": str(uuid4()), "clock": "decide", "ground": "absent", "reason": "Abroad."}
    ok(officer.post(f"/v1/desk/cases/{earlier.id}/exemptions", json=exemption))
    match_child(officer, new, known)
    [case] = [case for case in rows(services, Case) if not case.closed]
    detail = ok(officer.get(f"/v1/desk/cases/{case.id}")).json()
    assert detail["received_on"] == "2026-03-02"
    assert [deadline["due"] for deadline in detail["deadlines"]] == [
        "2026-04-13",
        "2026-06-22",
        "2026-07-20",
    ]
    assert str(case.next_due) == "2026-06-22"
    correction_entry = [
        entry for entry in audit_of(services) if entry.action == Action.CASE_EVENT_ADDED
    ][-1]
    assert (
        correction_entry.account_id,
        correction_entry.subject_id,
        correction_entry.person_id,
    ) == (officer.id, case.id, known)
    received = [e.on for e in rows(services, CaseEvent) if e.kind == "request_received"]
    assert {str(on) for on in received} == {"2026-03-02"}
    assert detail["events"][-1]["reason"] == "Another request came earlier. (It was 22/03/2026.)"
    assert detail["deadlines"][0]["excused"].endswith("Abroad.")


def test_later_joined_request_changes_no_deadline(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    known = add_child(me)
    submit_request(me, known)
    match_child(officer, known)
    move_days(clock, services, 20)
    other = someone("head@osierbeck.example")
    new = add_child(other)
    submit_request(other, new)
    match_child(officer, new, known)
    [case] = [case for case in rows(services, Case) if not case.closed]
    assert str(case.received_on) == "2026-03-02"
    assert {e.kind for e in rows(services, CaseEvent)} == {"request_received", "joined"}


def test_earlier_paper_request_sets_the_deadlines(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submit_request(me, person)
    for received, expected in (("2026-02-02", "2026-02-02"), ("2026-02-20", "2026-02-02")):
        body = paper_request(person, received)
        unread = officer.post("/v1/desk/requests", json={**body, "confirmed": False})
        assert code_of(unread) == "needs_confirmation"
        for _ in range(2):
            detail = ok(officer.post("/v1/desk/requests", json=body)).json()
        assert detail["received_on"] == expected
        assert detail["events"][0]["on"] == expected
    assert detail["deadlines"][0]["due"] == "2026-03-16"
    assert len(detail["forms"]) == 3
    assert [event["on"] for event in detail["events"]] == ["2026-02-02", "2026-02-02"]


def test_corrected_day_is_recorded_alongside_the_original(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submit_request(me, person)
    mistyped = ok(
        officer.post("/v1/desk/requests", json=paper_request(person, "2025-02-20"))
    ).json()
    assert mistyped["deadlines"][0]["due"] == "2025-04-03"
    path = f"/v1/desk/cases/{mistyped['id']}/events/{mistyped['events'][0]['id']}"
    correction = {
        "id": str(uuid4()),
        "kind": "request_received",
        "on": "2026-02-20",
        "reason": "A slip.",
    }
    assert code_of(officer.put(path, json=correction | {"reason": ""})) == "invalid"
    for _ in range(2):
        detail = ok(officer.put(path, json=correction)).json()
    assert (detail["received_on"], detail["deadlines"][0]["due"]) == ("2026-02-20", "2026-04-03")
    [correction_text] = detail["events"][0]["corrections"]
    assert correction_text.endswith("It was: Request received, 20/02/2025. A slip.")


def test_request_before_the_end_of_the_last_case_is_rejected(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    submit_request(me, person)
    [case] = rows(services, Case)
    refusal = {
        "id": str(uuid4()),
        "kind": "refused_to_assess",
        "on": "2026-03-02",
        "reason": "Needs.",
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case.id}/events", json=refusal))
    move_days(clock, services, 30)
    reply = officer.post("/v1/desk/requests", json=paper_request(person, "2026-02-20"))
    assert code_of(reply) == "invalid"
    assert "ended on 02/03/2026" in reply.json()["errors"][0]["message"]
    assert len(rows(services, Case)) == 1
    ok(officer.post("/v1/desk/requests", json=paper_request(person, "2026-03-02")))


def test_open_case_is_shown_instead_of_a_later_closed_one(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    new = add_child(me)
    submit_request(me, new)
    move_days(clock, services, 5)
    other = someone("head@osierbeck.example")
    known = add_child(other)
    ok(other.post(f"/v1/submissions/{submit_request(other, known)}/withdraw"))
    match_child(officer, known)
    match_child(officer, new, known)
    page = ok(me.get(f"/v1/people/{known}/progress")).json()
    assert (page["state"], len(page["forms"])) == ("submitted", 1)
    submit_request(me, known)
    assert len(rows(services, Case)) == 2


def test_joined_case_is_not_the_newest(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    known = add_child(me)
    first = submit_request(me, known)
    match_child(officer, known)
    move_days(clock, services, 5)
    other = someone("head@osierbeck.example")
    new = add_child(other)
    second = submit_request(other, new)
    match_child(officer, new, known)
    for professional, form in ((me, first), (other, second)):
        ok(professional.post(f"/v1/submissions/{form}/withdraw"))
    page = ok(me.get(f"/v1/people/{known}/progress")).json()
    assert (page["state"], len(page["forms"])) == ("withdrawn", 2)


def test_matches_are_followed_transitively(
    me: Someone, officer: Someone, services: Services
) -> None:
    first, second, third = (add_child(me, first_name=name) for name in ("Ivo", "Ivor", "Ivon"))
    ok(me.get(f"/v1/people/{first}"))
    match_child(officer, third)
    match_child(officer, first, second)
    match_child(officer, second, third)
    entries = ok(officer.get(f"/v1/desk/people/{third}/trail")).json()["rows"]
    assert [entry["action"] for entry in entries].count("Person added") == 3
    assert {row.id: row.merged_into for row in rows(services, Person)} == {
        first: third,
        second: third,
        third: None,
    }
    match_child(officer, first, second)  # a repeat


def test_link_of_an_old_message_leads_to_the_known_child(me: Someone, officer: Someone) -> None:
    new, known = add_child(me), add_child(me, first_name="Ivor")
    body = {"account": str(me.id)}
    ok(officer.post(f"/v1/desk/people/{new}/allocations", json=body))
    match_child(officer, known)
    match_child(officer, new, known)
    [row] = ok(me.get("/v1/messages")).json()["rows"]
    message = ok(me.get(f"/v1/messages/{row['id']}")).json()
    assert message["place"] == f"people/{known}"
    assert me.get(f"/v1/{message['place']}/progress").status_code == 200


def test_parents_that_an_officer_recorded_stay_with_the_child(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    new, known = add_child(me), add_child(someone("head@osierbeck.example"))
    match_child(officer, known)
    names = ("Ada Larkspur", "Sam Dunne")
    listed = [{"id": str(uuid4()), "name": name, "responsibility": True} for name in names]
    put_parents(officer, new, *listed)
    shown = ok(officer.get(f"/v1/desk/people/{new}/matching")).json()
    [candidate] = shown["candidates"]
    assert ([row["name"] for row in shown["parents"]], candidate["parents"]) == ([*names], [])
    path = f"/v1/people/{new}"
    edit = ok(me.get(path)).json() | {"parent_name": "Mrs Ada Larkspur"}
    ok(me.put(path, json=edit, headers=if_match(2)))
    match_child(officer, new, known)
    # Whom the professional named is recorded no more than before.
    assert parents_stored(services, known) == ([*names], "Mrs Ada Larkspur", 2)
    another = add_child(me, first_name="Ivor")
    put_parents(officer, another, {"id": str(uuid4()), "name": "Bo Fox"})
    match_child(officer, another, known)
    assert parents_stored(services, known) == ([*names], "Mrs Ada Larkspur", 2)


def test_parents_keep_their_address_when_their_child_is_matched(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("head@osierbeck.example")
    far = {"address": "9 Fen End, Oakham", "postcode": "LE15 6AB"}
    homes = {"Ada": {}, "Sam": {"address": "1 Osier Way", "postcode": "LE1 1FZ"}}
    for name, details in (("Ivo", far), ("Nell", {})):  # who moved, and who did not
        new = add_child(me, first_name=name)
        known = add_child(colleague, first_name=name, **details)
        match_child(officer, known)
        listed = [{"id": str(uuid4()), "name": name, **home} for name, home in homes.items()]
        put_parents(officer, new, *listed)
        match_child(officer, new, known)
        [person] = [row for row in rows(services, Person) if row.id == known]
        ada = "3 Tallowmere Row, Leicester" if details else ""
        assert [row["address"] for row in person.parents] == [ada, "1 Osier Way"]


def put_parents(officer: Someone, person: UUID, *parents: object) -> None:
    body = {"id": str(uuid4()), "parents": parents, "reason": "A call."}
    path = f"/v1/desk/people/{person}/parents"
    ok(officer.put(path, json=body, headers=if_match(1)))


def parents_stored(services: Services, id: UUID) -> tuple[list[str], str, int]:
    """Return the names of the recorded parents, the first one's column, and the version."""
    [person] = [row for row in rows(services, Person) if row.id == id]
    return [row["name"] for row in person.parents], person.parent_name, person.version


def test_case_is_of_a_new_child_until_the_child_is_known(
    me: Someone, officer: Someone, other: Someone, services: Services
) -> None:
    first, second = add_child(me), add_child(other, first_name="Nell")
    submit_request(me, first)
    submit_request(other, second)

    def of_new_children() -> list[str]:
        new = ok(officer.get("/v1/desk/cases", params={"view": "new"})).json()["rows"]
        every = ok(officer.get("/v1/desk/cases")).json()["rows"]
        assert [row["id"] for row in every if row["new"]] == [row["id"] for row in new]
        return [row["name"] for row in new]

    assert len(of_new_children()) == 2
    match_child(officer, second, first)
    assert len(of_new_children()) == 1
    assert {row.child_matched for row in rows(services, Case)} == {None}
    match_child(officer, first)
    assert of_new_children() == []
    assert {row.child_matched for row in rows(services, Case)} == {True}
