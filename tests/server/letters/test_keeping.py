"""Letters and drafts of merged children and joined cases, and their retention."""

from uuid import UUID

from server.core.database import Services
from server.documents.tables import Document
from server.letters.tables import LetterDraftRow
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case
from tests.server.desk.taking_back import person_of
from tests.server.letters.steps import (
    KIND,
    can_open,
    list_letters,
    make_letter,
    open_letter,
    save,
    text_of,
)
from tests.server.records.steps import apply_retention
from tests.server.steps import add_child, ok, rows


def test_letter_and_draft_stay_with_the_case_of_a_merged_child(
    me: Someone, other: Someone, officer: Someone, case: UUID, services: Services
) -> None:
    letter = make_letter(officer, case)
    ok(save(officer, case, 1, own="Still to write."))
    twin, known = person_of(services, case), add_child(other)
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    ok(officer.post(f"/v1/desk/people/{twin}/match", json={"same_as": str(known)}))
    [made] = list_letters(officer, case).made
    assert made.document == letter.document
    assert text_of(open_letter(officer, case), "own") == "Still to write."
    assert can_open(officer, letter.document)
    assert {row.person_id for row in rows(services, Document)} == {known}


def test_draft_of_a_joined_case_does_not_replace_that_of_the_remaining_one(
    me: Someone, other: Someone, officer: Someone, services: Services
) -> None:
    joined, remaining = create_case(me, services), create_case(other, services)
    ok(save(officer, joined, 0, own="Of the joined case."))
    ok(save(officer, joined, 0, "not_issued", own="Of one case only."))
    ok(save(officer, remaining, 0, own="Of the remaining case."))
    twin, known = person_of(services, joined), person_of(services, remaining)
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    ok(officer.post(f"/v1/desk/people/{twin}/match", json={"same_as": str(known)}))
    assert text_of(open_letter(officer, remaining), "own") == "Of the remaining case."
    assert text_of(open_letter(officer, remaining, "not_issued"), "own") == "Of one case only."


def test_draft_that_is_never_made_is_deleted_after_its_period(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    for kind in (KIND, "not_issued"):
        ok(save(officer, case, 0, kind, own="Never made."))
    clock.move(days=364)
    assert "letter_drafts" not in apply_retention(services)
    clock.move(days=2)
    assert apply_retention(services)["letter_drafts"] == 2
    assert not rows(services, LetterDraftRow)
