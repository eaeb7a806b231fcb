from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from shared.cases.states import FormRow, Stage, StageOut
from tui.cases.rows import build_timeline_stops, row_text

NOON = datetime(2022, 6, 1, 12, tzinfo=UTC)
ROW = FormRow(
    submission=UUID(int=1),
    form="professional-request",
    title="Professional Request",
    state="submitted",
    by_you=True,
    by="Ada Senco",
    started_at=NOON,
    submitted_at=NOON,
    reference="K7MP-4RVX",
    steps_done=3,
    steps=8,
    editable=True,
)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "✓ Submitted by you on 01/06/2022 · K7MP-4RVX"),
        ({"by_you": False}, "✓ Submitted by Ada Senco on 01/06/2022 · K7MP-4RVX"),
        (
            {"form": "parent-request", "by_you": False},
            "✓ Entered by the Local Authority on 01/06/2022",
        ),
        (
            {"form": "parent-request", "received_on": date(2022, 5, 30)},
            "✓ Received by the Local Authority on 30/05/2022",
        ),
        (
            {
                "form": "parent-request",
                "received_on": date(2022, 5, 30),
                "received_from": "The mother, by letter",
                "entered_by": "Priya Ferris",
            },
            "✓ Received 30/05/2022 from the mother, by letter · entered 01/06/2022 by Priya Ferris",
        ),
        ({"submitted_at": None}, "◐ Started 01/06/2022 · 3 of 8 steps"),
        (
            {"submitted_at": None, "by_you": False},
            "◐ Started by Ada Senco on 01/06/2022 · 3 of 8 steps",
        ),
        # In summer, 23:30 UTC is the next day in London.
        (
            {"submitted_at": datetime(2022, 6, 1, 23, 30, tzinfo=UTC)},
            "✓ Submitted by you on 02/06/2022 · K7MP-4RVX",
        ),
    ],
)
def test_row_text_names_person_action_and_date(changes: dict[str, object], text: str) -> None:
    assert row_text(ROW.model_copy(update=changes)) == text


@pytest.mark.parametrize(
    ("current", "due", "dates"),
    [
        (0, None, ["since 01/06/2022", "", "", ""]),
        (0, date(2022, 7, 13), ["by 13/07/2022", "by 13/07/2022", "", ""]),
        (1, date(2022, 7, 13), ["", "by 13/07/2022", "by 13/07/2022", ""]),
        (3, None, ["", "", "", "since 01/06/2022"]),
    ],
)
def test_stages_show_symbols_and_dates(current: int, due: date | None, dates: list[str]) -> None:
    stages = [
        StageOut(
            stage=stage,
            reached_on=date(2022, 6, 1) if index <= current else None,
            due=due,
            current=index == current,
            done=index < current,
        )
        for index, stage in enumerate(Stage)
    ]
    stops = build_timeline_stops(stages)
    assert [stop.date for stop in stops] == dates
    assert [stop.symbol for stop in stops] == ["✓"] * current + ["●"] + ["○"] * (3 - current)
    assert stops[2].label == "EHC Plan"
