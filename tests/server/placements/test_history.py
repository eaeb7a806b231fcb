"""What the history of a case says of its settings, the family's request and the placement."""

from datetime import date
from uuid import uuid4

from server.core.audit import AuditEvent
from server.core.database import Services
from server.desk.history import AUTHORITY
from shared.desk import CaseStep
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case_in_assessment, move_days
from tests.server.placements.steps import (
    EMAIL,
    add_school,
    consult,
    create_drafted_case,
    decide,
    name_placement,
    read,
    remind_settings,
    reply,
    request_setting,
)
from tests.server.steps import ok

ANSWER = "No: Incompatible with the efficient education of others\nThe class is full."
LATE = "Reply due 17/03/2026: 2 days late"


def read_steps(officer: Someone, case: object) -> list[CaseStep]:
    """Return the steps about settings in a case, oldest first."""
    found = ok(officer.get(f"/v1/placements/cases/{case}/history")).json()
    return [CaseStep.model_validate(row) for row in found]


def test_history_has_the_settings_that_were_asked_chased_and_replied_late(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    assert read_steps(officer, case) == []
    ok(consult(officer, case, add_school(services)))
    ok(consult(officer, case, typed={"name": "Oak School", "address": "1 Oak Way, LE1 1FZ"}))
    elm = next(row for row in read(officer, case).consultations if row.email)
    for _ in range(2):
        move_days(clock, services, 9)
        ok(officer.post(f"/v1/placements/consultations/{elm.id}/chase"))
    words = "The class is full."
    ok(reply(officer, elm.id, "no", ground="others", on="2026-03-19", words=words))
    steps = read_steps(officer, case)
    assert {step.by for step in steps} == {steps[0].by} != {AUTHORITY}
    assert [(step.label, step.on, step.text, step.late) for step in steps] == [
        (
            "Setting consulted: Elm Park School",
            date(2026, 3, 2),
            f"By email to {EMAIL}, reply due 17/03/2026.",
            "",
        ),
        ("Setting consulted: Oak School", date(2026, 3, 2), "By post, reply due 17/03/2026.", ""),
        ("Setting chased: Elm Park School", date(2026, 3, 11), "", ""),
        ("Setting replied: Elm Park School", date(2026, 3, 19), ANSWER, LATE),
        ("Setting chased: Elm Park School", date(2026, 3, 20), "", ""),
    ]
    assert steps[3].corrections == []
    ok(reply(officer, elm.id, "yes", version=2, on="2026-03-17"))
    [replied] = [step for step in read_steps(officer, case) if "replied" in step.label]
    assert (replied.text, replied.late) == ("Yes", "")
    assert replied.corrections == [f"Corrected 20/03/2026 10:42 by {replied.by}"]


def test_history_has_the_request_of_the_family_its_decision_and_the_placement(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, request, placement = create_drafted_case(me, officer, services), uuid4(), uuid4()
    ok(request_setting(officer, case, id=request))
    move_days(clock, services, 1)
    why = "It is too far."
    ok(decide(officer, request, agreed=False, ground="resources", reason=why, on="2026-03-03"))
    ok(name_placement(officer, case, id=placement, name="Oak School"))
    ok(name_placement(officer, case, id=placement, version=1, name="Oak School", sen_unit=True))
    steps = read_steps(officer, case)
    assert [(step.label, step.on, step.text) for step in steps] == [
        ("Family asked for a setting: Elm Park School", date(2026, 3, 2), "Academy"),
        (
            "Setting refused to the family: Elm Park School",
            date(2026, 3, 3),
            f"Incompatible with the efficient use of resources\n{why}",
        ),
        (
            "Placement named: Oak School",
            date(2026, 3, 3),
            "from 02/03/2026 · first placement · SEN unit",
        ),
    ]
    assert [len(step.corrections) for step in steps] == [0, 0, 1]
    ok(decide(officer, request, version=2, agreed=True, on="2026-03-03"))
    decided = read_steps(officer, case)[1]
    assert (decided.label, decided.text) == ("Setting agreed to: Elm Park School", "")


def test_history_names_the_young_person_whose_rights_they_are(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services, born="2009-01-01")
    id, name = uuid4(), "First Family Academy"
    ok(request_setting(officer, case, id=id, name=name))
    ok(decide(officer, id, agreed=False, ground="resources", reason="The family car."))
    assert [(step.label, step.text.partition("\n")[2]) for step in read_steps(officer, case)] == [
        (f"Young person asked for a setting: {name}", ""),
        (f"Setting refused to the young person: {name}", "The family car."),
    ]


def test_history_has_reminders_by_email_and_no_steps_of_other_cases(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    ok(consult(officer, case, typed={"name": "Oak School", "address": "1 Oak Way, LE1 1FZ"}))
    other = create_case_in_assessment(me, officer, services, first_name="Wren")
    move_days(clock, services, 12)
    assert remind_settings(services) == 2
    [step] = [step for step in read_steps(officer, case) if "reminded" in step.label]
    assert (step.label, step.on, step.by) == (
        "Setting reminded by email: Elm Park School",
        date(2026, 3, 14),
        AUTHORITY,
    )
    assert read_steps(officer, other) == []
    assert officer.get(f"/v1/placements/cases/{uuid4()}/history").status_code == 404
    assert me.get(f"/v1/placements/cases/{case}/history").status_code == 403


def test_history_passes_over_what_a_newer_version_recorded(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, id = create_drafted_case(me, officer, services), uuid4()
    ok(name_placement(officer, case, id=id))
    with services.transaction() as tx:
        tx.session.add(AuditEvent(at=tx.now, action="placement_rated", subject_id=id))
    assert [step.label for step in read_steps(officer, case)] == [
        "Placement named: Elm Park School"
    ]
