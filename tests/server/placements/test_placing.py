"""The family's request (CFA s.38, 39) and the placement named in the plan."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services
from server.letters.tables import LetterDraftRow
from server.placements.tables import Consultation, FamilyRequest, Placement, Sen2Answer
from shared.placements import NO_NAME_IN_DRAFT, RefusalGround
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    move_days,
    record_event,
)
from tests.server.placements.steps import (
    add_school,
    consult,
    create_drafted_case,
    decide,
    name_placement,
    read,
    request_setting,
)
from tests.server.placements.steps import (
    reply as record_reply,
)
from tests.server.steps import add_child, audit_of, if_match, ok, rows


@pytest.mark.parametrize(
    ("kind", "ground", "status"),
    [
        ("academy", None, 422),
        ("academy", "resources", 204),
        ("section_41", "full", 422),
        ("other", None, 204),
    ],
)
def test_refusing_a_request_needs_one_of_three_grounds(
    me: Someone, officer: Someone, services: Services, kind: str, ground: str | None, status: int
) -> None:
    case, id = create_drafted_case(me, officer, services), uuid4()
    ok(request_setting(officer, case, id=id, kind=kind))
    answer = decide(officer, id, agreed=False, reason="No place.", ground=ground)
    assert answer.status_code == status
    [row] = read(officer, case).requests
    assert row.agreed is (False if status == 204 else None)
    assert row.ground == (RefusalGround.RESOURCES if ground == "resources" else None)


def test_request_is_recorded_agreed_and_safe_to_repeat(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, id = create_drafted_case(me, officer, services), uuid4()
    for _ in range(2):
        ok(request_setting(officer, case, id=id))
    ok(request_setting(officer, case, id=id, version=1, name="Oak Academy"))
    for _ in range(2):
        ok(decide(officer, id, version=2, agreed=True))
    [row] = rows(services, FamilyRequest)
    assert (row.name, row.agreed, row.decided_on) == ("Oak Academy", True, date(2026, 3, 2))
    assert not any("asked for" in warning for warning in read(officer, case).warnings)
    actions = [entry.action for entry in audit_of(services)]
    assert actions.count(Action.FAMILY_REQUEST_RECORDED) == 2
    assert actions.count(Action.FAMILY_REQUEST_DECIDED) == 1


@pytest.mark.parametrize(
    "fields", [{"name": " "}, {"on": "2026-03-03"}, {"kind": "private"}, {"name": "a\nb"}]
)
def test_impossible_request_is_refused(
    me: Someone, officer: Someone, services: Services, fields: dict[str, Any]
) -> None:
    case = create_drafted_case(me, officer, services)
    assert request_setting(officer, case, **fields).status_code == 422
    assert rows(services, FamilyRequest) == []


def test_placement_takes_the_urn_of_its_school_and_can_be_corrected(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school, id = create_drafted_case(me, officer, services), add_school(services), uuid4()
    for _ in range(2):
        ok(name_placement(officer, case, id=id, organisation=str(school), sen_unit=True))
    ok(
        name_placement(
            officer,
            case,
            id=id,
            version=1,
            organisation=str(school),
            sen_unit=True,
            residential_weeks=38,
            ends_on="2026-07-20",
        )
    )
    [row] = rows(services, Placement)
    assert (row.urn, row.sen_unit, row.residential_weeks) == ("120001", True, 38)
    assert row.ends_on == date(2026, 7, 20)
    actions = [entry.action for entry in audit_of(services)]
    assert actions.count(Action.PLACEMENT_NAMED) == 2


def test_final_plan_without_a_placement_is_warned_of(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, "educational-advice")))
    ok(record_event(officer, case, "representations_recorded"))

    def warnings() -> list[str]:
        reply = record_event(officer, case, "final_issued", confirmed=False)
        assert code_of(reply) == "needs_confirmation"
        return str(reply.json()["detail"]).splitlines()

    nothing_named = "No setting, and no type of setting, is named for the plan (section I)."
    early = "The 15 days for views on the draft plan end on 16/03/2026."
    left = [
        "Advice not received yet: Educational advice from Ada Senco.",
        "This ends the request to Ada Senco.",
        "Never asked for (Reg. 6(1)): Health advice, Psychological advice, Social care advice.",
        "Letter due: Draft EHC plan.",
        "Elm Park School has not replied; its reply is due 17/03/2026.",
        nothing_named,
    ]
    assert "\n".join([early, *left]) in "\n".join(warnings())
    assert NO_NAME_IN_DRAFT in read(officer, case).warnings
    move_days(clock, services, 16)
    assert "Elm Park School has not replied; its reply was due 17/03/2026." in warnings()
    [consultation] = read(officer, case).consultations
    ok(record_reply(officer, consultation.id, "yes"))
    ok(name_placement(officer, case, id=(id := uuid4()), name="A mainstream primary school"))
    assert not {*left[4:]} & set(warnings())
    assert NO_NAME_IN_DRAFT not in read(officer, case).warnings
    over = {"starts_on": "2026-02-02", "ends_on": "2026-03-01"}
    ok(name_placement(officer, case, id=id, version=1, **over))
    assert nothing_named in warnings()
    ok(record_event(officer, case, "final_issued"))
    assert "names no setting" in " ".join(read(officer, case).warnings)
    ok(name_placement(officer, case, name="A mainstream primary school"))
    assert read(officer, case).warnings == []


def test_amended_plan_waits_for_no_setting_that_was_asked_before_the_first_plan(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    views = "representations_recorded"
    for kind in (views, "final_issued", "amendment_proposed", views):
        ok(record_event(officer, case, kind))
    ok(consult(officer, case, add_school(services, "Oak School", "120002")))
    reply = record_event(officer, case, "final_issued", confirmed=False)
    assert "Oak School has not replied" in reply.json()["detail"]
    assert "Elm Park School" not in reply.json()["detail"]


def test_placement_of_another_case_or_before_the_draft_is_refused(
    me: Someone, officer: Someone, services: Services
) -> None:
    early = create_case_in_assessment(me, officer, services, first_name="Nell")
    assert name_placement(officer, early).status_code == 409
    case, id = create_drafted_case(me, officer, services), uuid4()
    ok(name_placement(officer, case, id=id))
    other = create_drafted_case(me, officer, services, first_name="Ada")
    assert name_placement(officer, other, id=id).status_code == 409
    assert (
        name_placement(officer, case, starts_on="2026-03-02", ends_on="2026-03-01").status_code
        == 422
    )
    assert len(rows(services, Placement)) == 1


def test_merging_a_child_keeps_its_placement_with_the_case(
    me: Someone, other: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    ok(name_placement(officer, case, organisation=str(school)))
    [child] = [row.person_id for row in rows(services, Case)]
    known = add_child(other)
    for person, same_as in ((known, None), (child, str(known))):
        ok(officer.post(f"/v1/desk/people/{person}/match", json={"same_as": same_as}))
    assert [row.person_id for row in rows(services, Case)] == [known]
    assert [row.name for row in read(officer, case).placements] == ["Elm Park School"]


def test_impossible_number_or_code_of_a_setting_is_refused_at_its_field(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    for name, reply in {
        "urn": name_placement(officer, case, urn="12000\x01"),
        "ukprn": name_placement(officer, case, ukprn="99999999"),
        "setting": name_placement(officer, case, setting="O\x00H"),
    }.items():
        assert reply.status_code == 422, name
        assert [error["pointer"] for error in reply.json()["errors"]] == [f"/{name}"]
    ok(name_placement(officer, case, urn="120001", ukprn="10012345", setting="OTH"))


def test_placements_and_letters_follow_a_joined_case(
    me: Someone, other: Someone, officer: Someone, services: Services
) -> None:
    joined, remaining = create_case(me, services), create_case(other, services)
    school = add_school(services)
    with services.transaction() as tx:
        day = date(2026, 3, 2)
        by = {"account_id": officer.id, "asked_by": officer.id, "at": tx.now}
        days = {"asked_on": day, "due_on": day, "on": day, "starts_on": day}
        for table in (Consultation, FamilyRequest, Placement):
            values = {"id": uuid4(), "case_id": joined, "organisation_id": school, **by, **days}
            values |= {"name": "Elm Park School", "kind": "academy"}
            tx.session.add(table.model_validate(values))
    entered = ((joined, {"source": "1", "work_based": "1"}), (remaining, {"source": "2"}))
    for case, answers in entered:
        ok(officer.put(f"/v1/placements/cases/{case}/sen2", json={"answers": answers}))
    letter = f"/v1/desk/cases/{joined}/letters/refused_to_assess"
    ok(officer.put(letter, json={"texts": {"own": "See above."}}, headers=if_match(0)))
    people = {case.id: case.person_id for case in rows(services, Case)}
    for case, same_as in ((remaining, None), (joined, str(people[remaining]))):
        ok(officer.post(f"/v1/desk/people/{people[case]}/match", json={"same_as": same_as}))
    shown = read(officer, remaining)
    assert [len(part) for part in (shown.consultations, shown.requests, shown.placements)] == [
        *(1, 1, 1),
    ]
    stored = {(row.case_id, row.field): row.value for row in rows(services, Sen2Answer)}
    assert stored[remaining, "source"] == "2" and stored[remaining, "work_based"] == "1"
    [draft] = rows(services, LetterDraftRow)
    assert (draft.case_id, draft.texts) == (remaining, {"own": "See above."})
