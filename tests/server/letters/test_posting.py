"""The day on which a letter that was made was posted."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.letters.tables import LetterPosting
from shared.desk import CaseStep
from shared.letters import LetterRow
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import create_case, move_days
from tests.server.desk.taking_back import entries_of, read
from tests.server.letters.steps import list_letters, make_letter
from tests.server.steps import if_match, ok, rows


def post(officer: Someone, case: UUID, letter: LetterRow, on: str, version: int = 0) -> Response:
    """Record when a letter was posted."""
    path = f"/v1/desk/cases/{case}/letters/made/{letter.document}/posted"
    reply: Response = officer.put(path, json={"on": on}, headers=if_match(version))
    return reply


@pytest.mark.both_databases
def test_day_of_posting_is_recorded_once_listed_and_corrected(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    letter = make_letter(officer, case)
    assert list_letters(officer, case).made[0].posted_on is None
    move_days(clock, services, 3)
    for _ in range(2):
        ok(post(officer, case, letter, "2026-03-05"))
    ok(post(officer, case, letter, "2026-03-03", version=1))
    [row] = list_letters(officer, case).made
    assert (row.posted_on, row.posting_version) == (date(2026, 3, 3), 2)
    assert len(entries_of(services, Action.LETTER_POSTED)) == 2
    steps = ok(officer.get(f"/v1/placements/cases/{case}/history")).json()
    [step] = map(CaseStep.model_validate, steps)
    assert (step.label, step.on) == (f"Letter posted: {letter.title}", date(2026, 3, 3))
    assert step.corrections == [f"Corrected 05/03/2026 10:42 by {step.by}"]


def test_undoing_a_step_names_the_letters_that_were_made_of_it(
    officer: Someone, case: UUID
) -> None:
    assert read(officer, case).events[-1].letters == []
    letter = make_letter(officer, case)
    assert read(officer, case).events[-1].letters == [letter.title]
    ok(post(officer, case, letter, "2026-03-02"))
    assert read(officer, case).events[-1].letters == [f"{letter.title}, posted 02/03/2026"]
    assert not any(event.letters for event in read(officer, case).events[:-1])


def test_day_of_posting_is_neither_before_the_letter_nor_to_come(
    me: Someone, officer: Someone, case: UUID, services: Services
) -> None:
    letter, other = make_letter(officer, case), create_case(me, services, first_name="Nell")
    for day, sentence in (("2026-03-01", "made on 02/03/2026"), ("2026-03-03", "in the past")):
        refused = post(officer, case, letter, day)
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert error["pointer"] == "/on" and sentence in error["message"]
    for wrong in (uuid4(), other):
        assert post(officer, wrong, letter, "2026-03-02").status_code == 404
    assert rows(services, LetterPosting) == []


def test_what_another_officer_recorded_meanwhile_is_shown(
    officer: Someone, case: UUID, services: Services, clock: Clock, someone: Factory
) -> None:
    letter, other = make_letter(officer, case), someone("other@leicester.example", staff="officer")
    move_days(clock, services, 3)
    unknown = post(officer, case, letter, "2026-03-03", version=5)
    assert (unknown.status_code, unknown.json()["current"]) == (412, "No day is recorded.")
    ok(post(other, case, letter, "2026-03-04"))
    refused = post(officer, case, letter, "2026-03-03")
    assert refused.status_code == 412
    assert refused.json()["current"] == "Posted on 04/03/2026."
