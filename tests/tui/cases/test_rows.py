from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from shared.cases.states import FormRow, Stage, StageOut
from tui.cases.rows import row_text, timeline_stop

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
    ("changed", "words"),
    [
        ({}, "✓ Submitted by you on 01/06/2022 · K7MP-4RVX"),
        ({"by_you": False}, "✓ Submitted by Ada Senco on 01/06/2022 · K7MP-4RVX"),
        ({"form": "parent-request", "by_you": False}, "✓ Received on 01/06/2022"),
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
def test_row_text_says_who_did_what_and_when(changed: dict[str, object], words: str) -> None:
    assert row_text(ROW.model_copy(update=changed)) == words


@pytest.mark.parametrize(
    ("current", "done", "reached", "due", "sign", "notes"),
    [
        (True, False, None, None, "●", ("you are here",)),
        (True, False, date(2022, 6, 1), date(2022, 7, 13), "●", ("you are here", "by 13/07/2022")),
        (True, False, date(2022, 6, 1), None, "●", ("you are here", "since 01/06/2022")),
        (False, True, date(2022, 6, 1), date(2022, 7, 13), "✓", ("done", "from 01/06/2022")),
        (False, False, None, date(2022, 7, 13), "○", ("by 13/07/2022",)),
        (False, False, None, None, "○", ()),
    ],
)
def test_stage_shows_its_sign_and_notes(
    current: bool,
    done: bool,
    reached: date | None,
    due: date | None,
    sign: str,
    notes: tuple[str, ...],
) -> None:
    stage = StageOut(stage=Stage.PLAN, reached_on=reached, due=due, current=current, done=done)
    assert timeline_stop(stage) == (sign, "EHC Plan", notes)
