"""The words of a case's history once the rights are the young person's own."""

from server.core.database import Services
from tests.parts import Clock, Someone
from tests.server.desk.steps import create_case_in_assessment, match_child, move_days, record_event
from tests.server.desk.taking_back import read, upload_plan
from tests.server.letters.steps import list_letters
from tests.server.steps import ok


def test_history_speaks_of_the_young_person_from_the_day_the_rights_are_theirs(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services, born="2010-01-20")
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served", "representations_recorded"):
        ok(record_event(officer, case, kind))
    move_days(clock, services, 120)  # 30 June, after the last Friday of that month
    document = upload_plan(officer, services, case)
    ok(
        record_event(
            officer, case, "representations_recorded", "2026-06-30", document=str(document)
        )
    )
    page = read(officer, case)
    assert [event.words for event in page.events[-3:]] == [
        "Draft plan sent to the family",
        "Views of the family recorded",
        "Views of the young person recorded",
    ]
    assert page.filed[0].title == "Views of the young person recorded, 30/06/2026"
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert row["last_words"] == "Views of the young person recorded 30/06/2026"
    events = {choice.kind: choice.event for choice in list_letters(officer, case).kinds}
    assert events["draft_plan"] == "Draft plan sent to the family, 02/03/2026"
