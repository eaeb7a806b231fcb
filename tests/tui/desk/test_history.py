"""The order of a case's history, and its times."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from textual.widgets import Static

from shared.advice import AdviceStep, AdviceStepKind
from shared.cases.actions import EventRow
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.desk import AdviceRow, CaseOut, CaseStep, CorrectedRequest, PastExemption
from shared.letters import LetterRow
from tests.parts import TODAY
from tui.desk.advice_parts import past_steps
from tui.desk.history import build_history_section

BEFORE = TODAY.date() - timedelta(days=3)


def make_event(words: str, at: datetime, days_before: int = 0) -> EventRow:
    on = at.date() - timedelta(days=days_before)
    kind = EventKind.REQUEST_RECEIVED
    return EventRow(id=1, kind=kind, words=words, on=on, at=at, by="Ada Priya", reason="")


def heading(widget: Any) -> str:
    """Return the first line of an entry."""
    line = next(iter(widget.compose()))
    assert isinstance(line, Static)
    return str(line.content)


def test_entries_of_a_day_show_their_time_and_the_last_recorded_comes_first() -> None:
    morning, noon = TODAY.astimezone(UTC).replace(hour=9), TODAY.astimezone(UTC).replace(hour=12)
    events = [
        make_event("Request received", morning, days_before=5),
        make_event("Decided to assess", morning),
        make_event("Decided to issue a plan", noon),
    ]
    corrected = [
        CorrectedRequest(submission=uuid4(), at=at, by="Ada Priya", text="")
        for at in (morning + timedelta(hours=1), morning - timedelta(days=1))
    ]
    excused = {"clock": DeadlineKind.FINAL, "by": "Ada Priya", "text": "", "at": noon}
    parts: dict[str, Any] = {
        "events": events,
        "corrected": corrected,
        "advice": [],
        "earlier": [],
        "exemptions": [
            PastExemption(**excused),
            PastExemption(**excused | {"at": noon + timedelta(hours=1), "taken_back": True}),
        ],
    }
    items = build_history_section(CaseOut.model_construct(**parts))
    assert [heading(item.make()).split(" · ")[:2] for item in items] == [
        ["02/03/2026 13:42", "Exception taken back: Final plan"],
        ["02/03/2026 12:42", "Exception recorded: Final plan"],
        ["02/03/2026 12:42", "Decided to issue a plan"],
        ["02/03/2026 10:42", "Request on paper corrected"],
        ["02/03/2026 09:42", "Decided to assess"],
        ["01/03/2026 09:42", "Request on paper corrected"],
        ["25/02/2026 (recorded 02/03/2026 09:42)", "Request received"],
    ]


def history_of(letters: Sequence[LetterRow] = (), **fields: Any) -> list[CaseStep]:
    """Return the steps of advice with these fields, from somebody who was asked by post."""
    row: dict[str, Any] = {"id": UUID(int=1), "title": "Health Advice", "by": "Dr Fenwick"}
    row |= {"asked_by": "Ada Priya", "due": TODAY.date(), "steps": [], "by_post": True, **fields}
    case: dict[str, Any] = {"advice": [AdviceRow.model_construct(**row)], "letters": letters}
    return list(past_steps(CaseOut.model_construct(**case)))


def test_request_for_advice_by_post_stands_on_the_day_it_was_made() -> None:
    for by_post, day in ((True, BEFORE), (False, TODAY.date())):
        [step] = history_of(asked_at=TODAY, asked_on=BEFORE, by_post=by_post)
        assert step.on == day


def test_advice_chased_or_received_by_post_stands_on_its_own_day() -> None:
    done = {"kind": AdviceStepKind.CHASED, "at": TODAY, "by": "Ada Priya"}
    steps = [AdviceStep.model_validate(done | {"on": day}) for day in (None, BEFORE)]
    assert [step.on for step in history_of(asked_at=None, steps=steps)] == [TODAY.date(), BEFORE]


@pytest.mark.parametrize(
    ("asked_on", "has_letter", "label"),
    [
        (TODAY.date(), False, "Advice to be asked for: Health Advice, Dr Fenwick"),
        (TODAY.date(), True, "Advice asked for: Health Advice, Dr Fenwick"),
        (BEFORE, False, "Advice asked for: Health Advice, Dr Fenwick"),
    ],
)
def test_advice_by_post_is_asked_for_with_a_letter_or_on_an_earlier_day(
    asked_on: date, has_letter: bool, label: str
) -> None:
    about: dict[str, Any] = {"about": UUID(int=1)}
    letters = [LetterRow.model_construct(**about)] if has_letter else []
    [step] = history_of(letters, asked_at=TODAY, asked_on=asked_on, awaited=True)
    assert step.label == label
