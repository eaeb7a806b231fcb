"""The kinds of letter that a case calls for."""

from uuid import UUID, uuid4

from server.core.database import Services
from tests.parts import Someone
from tests.server.desk.steps import create_case, match_child, record_event
from tests.server.letters.steps import list_letters
from tests.server.steps import add_child, ok


def test_letters_of_the_latest_event_come_first(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)

    def fitting() -> list[str]:
        kinds = list_letters(officer, case).kinds
        assert len(kinds) >= 12
        fits = [row.kind for row in kinds if row.fits]
        assert fits == [row.kind for row in kinds[: len(fits)]]
        return fits

    assert fitting() == []
    ok(record_event(officer, case, "decided_to_assess"))
    assert fitting() == ["decided_to_assess"]
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["draft_plan"]
    kinds = list_letters(officer, case).kinds
    assert [row.event for row in kinds[:3]] == [
        "Draft plan sent to the family, 02/03/2026",
        "Decided to assess, 02/03/2026",
        "",
    ]
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["final_plan"]
    for kind in ("meeting_held", "amendment_proposed", "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["amended_final_plan"]


def test_plan_issued_after_a_transfer_is_an_amended_one(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    ok(officer.post(f"/v1/desk/people/{person}/match", json={}))
    opening = {"kind": "plan_transferred_in", "on": "2026-03-02", "day": "2026-01-12"}
    body = {"id": str(uuid4()), **opening, "reason": "Rutland"}
    case = UUID(ok(officer.post(f"/v1/desk/people/{person}/cases", json=body)).json()["id"])
    for kind in ("meeting_held", "amendment_proposed", "representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert [row.kind for row in list_letters(officer, case).kinds if row.fits] == [
        "amended_final_plan"
    ]
