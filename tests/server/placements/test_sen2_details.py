"""The SEN2 details of a case: derived, entered, and what would fail now."""

from datetime import date
from uuid import UUID

import pytest

from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services
from server.placements.tables import Sen2Answer
from shared.sen2 import Sen2Out
from tests.parts import Someone
from tests.server.desk.steps import record_event
from tests.server.placements.steps import create_drafted_case, name_placement
from tests.server.placements.year import OPEN_REQUEST, insert_children, make_child
from tests.server.steps import add_child, audit_of, ok, required_answers, rows, save, start, submit


def path_of(case: object) -> str:
    return f"/v1/placements/cases/{case}/sen2"


def read(officer: Someone, case: object) -> Sen2Out:
    return Sen2Out.model_validate(ok(officer.get(path_of(case))).json())


def write(officer: Someone, case: object, **answers: str) -> Sen2Out:
    body = {"answers": answers}
    return Sen2Out.model_validate(ok(officer.put(path_of(case), json=body)).json())


def values_of(details: Sen2Out) -> dict[str, tuple[str, str]]:
    return {field.name: (field.value, field.derived) for field in details.fields}


def problems_of(details: Sen2Out) -> set[str]:
    return {problem.what for problem in details.problems}


def test_source_needs_and_sex_come_from_the_form_until_entered(
    me: Someone, officer: Someone, services: Services
) -> None:
    form = start(me, add_child(me))
    needs = {"primary_need": "slcn", "secondary_need": "ds"}
    ok(save(me, form, {**needs, **required_answers(me)}))
    ok(submit(me, form))
    [case] = [row.id for row in rows(services, Case)]
    details = read(officer, case)
    values = values_of(details)
    assert values["source"] == ("", "2")
    assert (values["need_1"][1], values["need_2"][1]) == ("SLCN", "DS")
    assert values["sex"] == ("", "M")
    assert details.facts == ["Request received 02/03/2026"]
    details = write(officer, case, source="1", need_1="ASD")
    assert values_of(details)["source"] == ("1", "2")
    assert problems_of(details) == {
        "Ethnicity is missing",
        "There is neither a UPN nor why there is none",
        "The child is not matched: it may be in the return twice",
    }


def test_details_are_saved_once_audited_and_taken_away(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services, upn="Q856000022001")
    for _ in range(2):
        write(officer, case, ethnicity="WBRI", uln="1000000019")
    assert len([e for e in audit_of(services) if e.action == Action.SEN2_CHANGED]) == 1
    # The second one changed nothing, but returned the details.
    assert len([e for e in audit_of(services) if e.action == Action.SEN2_READ]) == 1
    write(officer, case, uln="")
    assert [row.field for row in rows(services, Sen2Answer)] == ["ethnicity"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("ethnicity", "CHIN"), ("uln", "1234567890"), ("phase_due", "31/02/2027")),
        *(("transferred_from", "12"), ("upn", "X856000022001"), ("colour", "red")),
    ],
)
def test_impossible_detail_is_refused_at_its_field(
    me: Someone, officer: Someone, services: Services, name: str, value: str
) -> None:
    case = create_drafted_case(me, officer, services)
    reply = officer.put(path_of(case), json={"answers": {name: value}})
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == [f"/{name}"]
    assert rows(services, Sen2Answer) == []


def test_detail_of_the_child_holds_in_all_its_cases(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    cases = []
    for _ in range(2):
        form = start(me, person)
        ok(save(me, form, required_answers(me)))
        ok(submit(me, form))
        [case] = [row.id for row in rows(services, Case) if not row.closed]
        ok(record_event(officer, case, "refused_to_assess", reason="No need."))
        cases.append(case)
    write(officer, cases[0], ethnicity="WBRI", source="3")
    second = values_of(read(officer, cases[1]))
    assert (second["ethnicity"][0], second["source"][0]) == ("WBRI", "")
    write(officer, cases[1], ethnicity="CHNE")
    assert values_of(read(officer, cases[0]))["ethnicity"][0] == "CHNE"


def test_case_says_what_would_fail_until_it_is_put_right(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services, upn="Q856000022001")
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert {"First need is missing", "No placement is current"} <= problems_of(read(officer, case))
    ok(name_placement(officer, case, urn="120001"))
    details = write(officer, case, need_1="DS", ethnicity="WBRI")
    assert problems_of(details) == set()
    assert details.facts[1:] == [
        "Request: An assessment, 02/03/2026",
        "Assessment: A plan, 02/03/2026",
        "Plan since 02/03/2026",
    ]


def test_newest_case_of_the_child_is_the_one_received_last(
    officer: Someone, services: Services
) -> None:
    older = make_child(0, officer.id, OPEN_REQUEST, date(2026, 1, 5))
    newer = make_child(1, officer.id, OPEN_REQUEST, date(2026, 2, 5))
    older.case["id"], newer.case["id"] = UUID(int=2), UUID(int=1)  # not in the order of their ids
    newer.person, newer.case["person_id"] = older.person, older.person["id"]
    older.person["known_at"] = None
    for child in (older, newer):
        child.answers.clear()
        child.events = [event | {"case_id": child.id} for event in child.events]
    older.answers["ethnicity"] = "WBRI"
    insert_children(services, [older, newer], officer.id)
    unmatched = "The child is not matched: it may be in the return twice"
    assert unmatched in problems_of(read(officer, newer.id))
    assert unmatched not in problems_of(read(officer, older.id))
