"""What an officer is warned of before a letter is made, which does not stop it."""

from pathlib import Path
from uuid import UUID

from server.core.database import Services
from server.letters.templates import load_templates
from shared.letters import MissingFrom
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case_in_assessment, match_child, move_days, record_event
from tests.server.letters.steps import KIND, make_letter, open_letter, save
from tests.server.placements.steps import create_drafted_case
from tests.server.steps import ok

NOTICE = """
kind: notice
version: 1
title: Notice
law: Local practice
events: []
must_carry: []
copies: []
body: [{text: "TEXT"}]
"""


def warnings_of(officer: Someone, case: UUID, kind: str = KIND) -> list[str]:
    return [row.text for row in open_letter(officer, case, kind).warnings]


def test_letter_after_its_last_day_is_warned_of_and_can_be_made(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_issue"))
    ok(record_event(officer, case, "draft_served"))
    assert warnings_of(officer, case, "draft_plan") == []
    move_days(clock, services, 14)
    dated = (
        "Dated 14 days after “Draft plan sent to the family” (02/03/2026): the times in it run "
        "from that day. If it goes only now, correct that day on the case first."
    )
    assert warnings_of(officer, case, "draft_plan") == [dated]
    move_days(clock, services, 1)
    assert warnings_of(officer, case, "draft_plan") == [
        "The last day for views in it, 16/03/2026, has passed.",
        dated.replace("14", "15"),
    ]
    ok(save(officer, case, 0, "draft_plan", to="Ada Larkspur", address="1 Elm Road"))
    make_letter(officer, case, "draft_plan", version=1)


def test_letter_with_the_time_to_appeal_is_warned_of_if_it_is_dated_later(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    assert warnings_of(officer, case) == []
    move_days(clock, services, 1)
    [dated] = warnings_of(officer, case)
    assert dated.startswith("Dated 1 day after “Decided not to assess” (02/03/2026): ")
    move_days(clock, services, 70)
    assert warnings_of(officer, case)[:2] == [
        "The last day to appeal in it, 05/05/2026, has passed.",
        "The last day to contact the mediation adviser in it, 02/05/2026, has passed.",
    ]


def test_letter_whose_day_is_entered_is_warned_of_at_that_field(
    officer: Someone, case: UUID, services: Services, tmp_path: Path
) -> None:
    template = NOTICE.replace("TEXT", "The Tribunal must have it by {appeal_until}.")
    (tmp_path / "notice.yaml").write_text(template)
    services.settings.letter_templates = tmp_path
    ok(save(officer, case, 0, "notice", decided_on="01/03/2026"))
    [warning] = open_letter(officer, case, "notice").warnings
    assert (warning.where, warning.field) == (MissingFrom.LETTER, "decided_on")
    assert warning.text == (
        "Dated 1 day after the decision or notice (01/03/2026): the times in it run from that day. "
        "If it goes only now, change that day."
    )
    (tmp_path / "notice.yaml").write_text(NOTICE.replace("TEXT", "Of {decided_on}."))
    load_templates.cache_clear()
    assert warnings_of(officer, case, "notice") == []


def test_invitation_without_two_weeks_notice_is_warned_of(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    ok(record_event(officer, case, "review_called", reason="All.", day="2026-03-16"))
    assert warnings_of(officer, case, "review_called") == []
    move_days(clock, services, 1)
    [warning] = open_letter(officer, case, "review_called").warnings
    assert warning.where is MissingFrom.CASE
    assert warning.text.startswith("The meeting, 16/03/2026, is in less than two weeks")
    move_days(clock, services, 13)
    assert len(warnings_of(officer, case, "review_called")) == 1  # it is on that day
    move_days(clock, services, 1)
    passed = "The meeting in it, 16/03/2026, has passed."
    assert warnings_of(officer, case, "review_called") == [passed]
