"""Correcting and undoing events, and events based on a case that has changed."""

from uuid import UUID, uuid4

import pytest

from server.accounts.tables import Account
from server.cases.tables import Case, CaseEvent
from server.core.audit import Action
from server.core.database import Services
from shared.accounts import Staff
from shared.desk import CaseOut
from tests.advice import request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import (
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.steps import add_child, audit_of, ok, rows, submit_request


def read(officer: Someone, case: UUID) -> CaseOut:
    return CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())


def correction(kind: str, on: str, **more: object) -> dict[str, object]:
    """Build the body that corrects an event."""
    return {"id": str(uuid4()), "kind": kind, "on": on, "reason": "A slip.", **more}


def test_corrected_event_gives_the_same_as_if_recorded_right_at_once(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    wrong, right = (create_case(me, services, first_name=name) for name in ("Ivo", "Nell"))
    move_days(clock, services, 30)
    ok(record_event(officer, wrong, "refused_to_assess", "2026-03-10", "Not needed."))
    ok(record_event(officer, right, "decided_to_assess", "2026-03-20"))
    event = read(officer, wrong).events[-1]
    path = f"/v1/desk/cases/{wrong}/events/{event.id}"
    body = correction("decided_to_assess", "2026-03-20")
    for _ in range(2):
        ok(officer.put(path, json=body))
    corrected, expected = read(officer, wrong), read(officer, right)
    assert corrected.state == expected.state == "assessing"
    assert corrected.stages == expected.stages
    assert [(row.kind, row.due) for row in corrected.deadlines] == [
        (row.kind, row.due) for row in expected.deadlines
    ]
    stored = {
        case.id: (case.next_kind, case.next_due, case.closed) for case in rows(services, Case)
    }
    assert stored[wrong] == stored[right]
    [text] = corrected.events[-1].corrections
    assert "It was: Decided not to assess, 10/03/2026. A slip." in text
    assert officer_name(services, officer) in text
    actions = [entry.action for entry in audit_of(services)]
    assert actions.count(Action.CASE_EVENT_CORRECTED) == 1


def officer_name(services: Services, officer: Someone) -> str:
    """Return the name of an officer's account."""
    return next(row.name for row in rows(services, Account) if row.id == officer.id)


def test_correction_that_a_later_event_forbids_is_refused(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    move_days(clock, services, 30)
    ok(record_event(officer, case, "request_accepted", "2026-03-10"))
    ok(record_event(officer, case, "decided_to_assess", "2026-03-12"))
    accepted = read(officer, case).events[1]
    path = f"/v1/desk/cases/{case}/events/{accepted.id}"
    for body in (
        correction("request_accepted", "2026-03-13"),
        correction("refused_to_assess", "2026-03-10"),
    ):
        reply = officer.put(path, json=body)
        assert code_of(reply) == "not_allowed"
        assert "Decided to assess on 12/03/2026" in reply.json()["detail"]
    future = officer.put(path, json=correction("request_accepted", "2026-09-01"))
    assert code_of(future) == "invalid"
    assert read(officer, case).events[1].corrections == []


def test_last_event_is_undone_within_a_day_and_stays_in_the_history(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    before = read(officer, case)
    assert [event.undoable for event in before.events] == [False, True]
    path = f"/v1/desk/cases/{case}/events/{before.events[-1].id}/undo"
    assert code_of(officer.post(path, json={"version": before.version - 1})) == "conflict"
    for _ in range(2):
        ok(officer.post(path, json={"version": before.version}))
    after = read(officer, case)
    assert (after.state, after.events[-1].kind) == ("submitted", "decided_to_assess")
    assert after.events[-1].removed.startswith("Undone 02/03/2026")
    assert "decide" in [row.kind for row in after.deadlines]
    ok(record_event(officer, case, "decided_to_assess"))
    move_days(clock, services, 2)
    late = read(officer, case)
    assert not any(event.undoable for event in late.events)
    reply = officer.post(
        f"/v1/desk/cases/{case}/events/{late.events[-1].id}/undo", json={"version": late.version}
    )
    assert code_of(reply) == "not_allowed"


def test_event_based_on_a_changed_case_is_refused_with_what_happened(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("sam@leicester.example", staff=Staff.OFFICER)
    case = create_case(me, services)
    version = read(other, case).version
    ok(record_event(officer, case, "decided_to_assess"))
    reply = record_event(other, case, "refused_to_assess", reason="Not needed.", version=version)
    assert code_of(reply) == "conflict"
    detail = reply.json()["detail"]
    assert "Decided to assess on 02/03/2026" in detail
    assert officer_name(services, officer) in detail
    assert len(rows(services, CaseEvent)) == 2


@pytest.mark.parametrize(
    ("kind", "reason", "texts"),
    [
        (
            "refused_to_assess",
            "Not needed.",
            ("how to appeal", "not matched", "undo this for 24 hours"),
        ),
        ("decided_to_assess", "", ("not matched",)),
        ("withdrawn", "", ("The case is closed", "undo this for 24 hours")),
    ],
)
def test_step_with_lasting_effects_asks_first_naming_the_child(
    me: Someone,
    officer: Someone,
    services: Services,
    kind: str,
    reason: str,
    texts: tuple[str, ...],
) -> None:
    case = create_case(me, services)
    reply = record_event(officer, case, kind, reason=reason, confirmed=False)
    assert code_of(reply) == "needs_confirmation"
    detail = reply.json()["detail"]
    assert "Ivo Larkspur-Dunne, born 14/03/2018" in detail.splitlines()[0]
    for text in texts:
        assert text in detail
    ok(record_event(officer, case, kind, reason=reason))


def test_impossible_step_is_refused_before_it_is_asked_about(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    for more in ({"on": "2026-03-03", "reason": "Not needed."}, {"reason": ""}):
        reply = record_event(officer, case, "refused_to_assess", confirmed=False, **more)
        assert code_of(reply) == "invalid"


def test_plan_needs_a_matched_child_and_names_missing_advice(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    assert code_of(record_event(officer, case, "decided_to_issue")) == "not_allowed"
    match_child(officer, case)
    reply = record_event(officer, case, "decided_to_issue", confirmed=False)
    assert code_of(reply) == "needs_confirmation"
    missing = reply.json()["detail"].splitlines()[-1]
    for advice in ("Educational", "Health", "Psychological", "Social care"):
        assert f"{advice} advice" in missing
    request_advice(officer, case, me)
    reply = record_event(officer, case, "decided_to_issue", confirmed=False)
    awaited = "Advice not received yet: Educational advice from Ada Senco."
    assert awaited in reply.json()["detail"].splitlines()
    ok(record_event(officer, case, "decided_to_issue"))
    reply = record_event(officer, case, "draft_served", confirmed=False)
    assert "No draft plan is published" in reply.json()["detail"]


def test_case_is_opened_by_taking_over_a_plan_from_another_authority(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    ok(officer.post(f"/v1/desk/people/{person}/match", json={}))
    body = {
        "id": str(uuid4()),
        "kind": "plan_transferred_in",
        "on": "2026-03-02",
        "day": "2025-09-15",
        "reason": "Nottingham City",
    }
    path = f"/v1/desk/people/{person}/cases"
    assert code_of(officer.post(path, json={**body, "day": None})) == "invalid"
    for _ in range(2):
        case = CaseOut.model_validate(ok(officer.post(path, json=body)).json())
    assert case.state == "final_plan"
    assert {row.kind: str(row.due) for row in case.deadlines} == {
        "transfer_notice": "2026-04-13",
        "review": "2026-09-14",
    }
    assert code_of(officer.post(path, json={**body, "id": str(uuid4())})) == "not_allowed"
    assert len(rows(services, Case)) == 1


def test_day_of_a_request_is_corrected_in_a_closed_case(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(record_event(officer, case, "refused_to_assess", reason="Not needed."))
    received = read(officer, case).events[0]
    path = f"/v1/desk/cases/{case}/events/{received.id}"
    detail = ok(officer.put(path, json=correction("request_received", "2026-02-20"))).json()
    assert detail["received_on"] == "2026-02-20"


def test_corrected_kind_keeps_the_old_reason_and_needs_a_matched_child(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(record_event(officer, case, "decided_not_to_issue", reason="Support is enough."))
    event = read(officer, case).events[-1]
    path = f"/v1/desk/cases/{case}/events/{event.id}"
    body = correction("decided_to_issue", "2026-03-02")
    assert code_of(officer.put(path, json=body)) == "not_allowed"
    match_child(officer, case)
    ok(officer.put(path, json=body))
    corrected = read(officer, case).events[-1]
    assert (corrected.kind, corrected.reason) == ("decided_to_issue", "")
    assert "It gave the reason: Support is enough." in corrected.corrections[0]
    back = correction("decided_not_to_issue", "2026-03-02")
    assert pointers(officer.put(path, json=back)) == {"/text"}
    ok(officer.put(path, json=back | {"text": "No plan is needed."}))
    assert read(officer, case).events[-1].reason == "No plan is needed."


def test_reason_of_a_correction_is_not_what_the_family_says(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served", "draft_changed"):
        ok(record_event(officer, case, kind))
    path = f"/v1/desk/cases/{case}/events/{read(officer, case).events[-1].id}"
    views = correction("representations_recorded", "2026-03-02")
    assert pointers(officer.put(path, json=views)) == {"/text"}
    ok(officer.put(path, json=views | {"text": "They agree."}))
    assert read(officer, case).events[-1].reason == "They agree."


def test_case_is_not_opened_again_beside_another(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(record_event(officer, case, "withdrawn"))
    closed = read(officer, case)
    submit_request(me, closed.person.id)
    path = f"/v1/desk/cases/{case}/events/{closed.events[-1].id}/undo"
    assert code_of(officer.post(path, json={"version": closed.version})) == "not_allowed"
    assert read(officer, case).state == "withdrawn"


def test_withdrawal_by_a_form_is_not_undone(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    form = submit_request(me, person)
    ok(me.post(f"/v1/submissions/{form}/withdraw"))
    [case] = rows(services, Case)
    assert not any(event.undoable for event in read(officer, case.id).events)
