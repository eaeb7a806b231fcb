"""The kinds of letter that a case calls for."""

from uuid import UUID, uuid4

import pytest

from server.core.database import Services
from shared.desk import CaseOut
from shared.letters import DueLetter
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case, match_child, move_days, record_event, record_parent
from tests.server.letters.steps import (
    KIND,
    REASON,
    list_letters,
    make_letter,
    open_letter,
    save,
    text_of,
)
from tests.server.placements.steps import create_drafted_case, name_placement
from tests.server.steps import add_child, if_match, ok

pytestmark = pytest.mark.both_databases


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

    assert fitting() == ["request_received"]
    ok(record_event(officer, case, "decided_to_assess"))
    assert fitting() == ["decided_to_assess"]
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_issue"))
    assert fitting() == ["decided_to_issue"]
    ok(record_event(officer, case, "draft_served"))
    assert fitting() == ["draft_plan"]
    kinds = list_letters(officer, case).kinds
    assert [row.event for row in kinds[:4]] == [
        "Draft plan sent to the family, 02/03/2026",
        "Decided to issue a plan, 02/03/2026",
        "Decided to assess, 02/03/2026",
        "Request received, 02/03/2026",
    ]
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["final_plan"]
    views = "representations_recorded"
    for kind in ("meeting_held", "amendment_proposed", views, "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["amended_final_plan"]


def read_case(officer: Someone, case: UUID) -> CaseOut:
    return CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())


def due(officer: Someone, case: UUID) -> str | None:
    letter = read_case(officer, case).letter_due
    return letter.kind if letter else None


def test_letter_is_due_on_the_case_until_it_is_made_for_its_latest_event(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    record_parent(officer, case, "Ada Larkspur")
    assert due(officer, case) == "request_received"
    reply = CaseOut.model_validate(ok(record_event(officer, case, KIND, reason=REASON)).json())
    assert reply.letter_due == DueLetter(
        kind=KIND, title="Decision not to carry out an EHC needs assessment"
    )
    ok(save(officer, case, 0, own="Only a draft."))
    assert due(officer, case) == KIND
    first = make_letter(officer, case, version=1)
    page = read_case(officer, case)
    assert (page.letter_due, [row.document for row in page.letters]) == (None, [first.document])
    move_days(clock, services, 1)
    second = make_letter(officer, case, version=2)
    child = page.person
    for minute, changes in enumerate(({"school": "Elm Park School"}, {"born": "2018-03-15"}), 1):
        clock.move(minutes=1)
        made = list_letters(officer, case).made
        assert [row.outdated for row in made] == [False, False]
        body = {"id": str(uuid4()), "reason": "A slip.", **changes}
        details = f"/v1/desk/people/{child.id}/details"
        ok(officer.put(details, json=body, headers=if_match(child.version + minute - 1)))
    assert [row.outdated for row in list_letters(officer, case).made] == [True, False]
    make_letter(officer, case, version=3)
    clock.move(minutes=1)
    record_parent(officer, case, "Ada Larkspur-Dunne")
    assert [row.outdated for row in list_letters(officer, case).made] == [True, False, False]
    assert second.name == first.name.replace("02-03-2026", "03-03-2026")  # as it is dated
    event = f"/v1/desk/cases/{case}/events/{page.events[-1].id}"
    correction = {"id": str(uuid4()), "kind": KIND, "on": "2026-03-03", "reason": "A slip."}
    ok(officer.put(event, json=correction))
    assert due(officer, case) == KIND  # the letter says another day
    other = create_case(me, services, first_name="Nell")
    ok(record_event(officer, other, "withdrawn", "2026-03-03"))
    assert due(officer, other) is None
    move_days(clock, services, 29)
    assert due(officer, case) is None  # it may have been sent by other means


def test_letter_is_marked_once_its_event_is_undone_or_corrected(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    events = f"/v1/desk/cases/{case}/events"
    letter = make_letter(officer, case)

    def is_marked() -> bool:
        [row] = read_case(officer, case).letters
        [same] = list_letters(officer, case).made
        assert (row, row.document) == (same, letter.document)
        return row.outdated

    def correct(kind: str, on: str) -> None:
        correction = {
            "id": str(uuid4()),
            "kind": kind,
            "on": on,
            "text": "None.",
            "reason": "Slip.",
        }
        ok(officer.put(f"{events}/{read_case(officer, case).events[-1].id}", json=correction))

    assert not is_marked()
    move_days(clock, services, 1)
    correct(KIND, "2026-03-03")
    assert is_marked()
    correct(KIND, "2026-03-02")
    assert not is_marked()  # it says the day as it is again
    correct("decided_to_assess", "2026-03-02")
    assert is_marked()
    correct(KIND, "2026-03-02")
    assert not is_marked()


def test_letter_is_marked_once_the_day_of_receipt_that_its_days_run_from_is_corrected(
    me: Someone, officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    other = create_case(me, services, first_name="Nell")
    record_parent(officer, other, "Ada Larkspur")
    ok(record_event(officer, other, "decided_to_assess"))
    for about, kind in ((case, KIND), (other, "decided_to_assess")):
        letter = make_letter(officer, about, kind)
        first = read_case(officer, about).events[0]
        for on, is_marked in (("2026-02-27", kind != KIND), (first.on.isoformat(), False)):
            clock.move(minutes=1)
            body = {"id": str(uuid4()), "kind": first.kind, "on": on, "reason": "A slip."}
            ok(officer.put(f"/v1/desk/cases/{about}/events/{first.id}", json=body))
            [row] = read_case(officer, about).letters
            assert (row.document, row.outdated) == (letter.document, is_marked)
    again = {"id": str(uuid4()), "kind": first.kind, "on": "2026-02-27", "reason": "It was."}
    ok(officer.put(f"/v1/desk/cases/{other}/events/{first.id}", json=again))
    clock.move(minutes=1)
    make_letter(officer, other, "decided_to_assess", version=1)
    newest, _ = list_letters(officer, other).made
    assert not newest.outdated  # it was made after the correction


def test_letter_of_an_undone_event_stays_marked(
    officer: Someone, case: UUID, services: Services
) -> None:
    make_letter(officer, case)
    page = read_case(officer, case)
    undo = {"version": page.version}
    ok(officer.post(f"/v1/desk/cases/{case}/events/{page.events[-1].id}/undo", json=undo))
    assert [row.outdated for row in read_case(officer, case).letters] == [True]
    ok(record_event(officer, case, KIND, reason=REASON))
    make_letter(officer, case, version=1)
    assert [row.outdated for row in list_letters(officer, case).made].count(True) == 1


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


def test_ceasing_is_consulted_on_with_the_family_and_the_setting(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    ok(record_event(officer, case, "review_called", reason="All.", day="2026-03-30"))
    assert due(officer, case) == "review_called"
    about_review = open_letter(officer, case, "review_called")
    assert "on 30 March 2026" in about_review.letter.blocks[0].text
    assert text_of(about_review, "reasons") == "All."
    ok(name_placement(officer, case))
    ok(record_event(officer, case, "meeting_held"))
    ok(record_event(officer, case, "cease_consulted", reason="All outcomes are achieved."))
    record_parent(officer, case, "Ada Larkspur")
    both = read_case(officer, case).letter_due
    assert both is not None and both.kind == ""
    assert "EHC plan and Consultation with" in both.title
    make_letter(officer, case, "cease_consulted")
    assert due(officer, case) == "cease_consulted_setting"
    kinds = [row.kind for row in list_letters(officer, case).kinds if row.fits]
    assert set(kinds) == {"cease_consulted", "cease_consulted_setting"}
    to_setting = open_letter(officer, case, "cease_consulted_setting")
    assert text_of(to_setting, "to") == "Elm Park School"
    assert [row.field for row in to_setting.missing] == ["address"]
    assert text_of(to_setting, "reasons") == "All outcomes are achieved."
    ok(save(officer, case, 0, to_setting.kind, address="1 Elm Road"))
    make_letter(officer, case, to_setting.kind, version=1)
    assert due(officer, case) is None


def test_invitation_is_marked_and_due_again_once_the_day_of_its_meeting_is_corrected(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    record_parent(officer, case, "Ada Larkspur")
    ok(record_event(officer, case, "review_called", reason="All.", day="2026-03-30"))
    ok(save(officer, case, 0, "review_called", place="At 10 in the school."))
    make_letter(officer, case, "review_called", version=1)
    event = read_case(officer, case).events[-1]
    for day, is_other in (("2026-04-06", True), ("2026-03-30", False)):
        clock.move(minutes=1)
        body = {"id": str(uuid4()), "kind": event.kind, "on": "2026-03-02", "day": day}
        path = f"/v1/desk/cases/{case}/events/{event.id}"
        ok(officer.put(path, json=body | {"reason": "A slip."}))
        [row] = list_letters(officer, case).made
        assert (row.outdated, due(officer, case)) == (
            is_other,
            "review_called" if is_other else None,
        )
