"""The order of a case's history, and its times."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from textual.widgets import Static

from shared.cases.actions import EventRow
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.desk import AdviceRow, CaseOut, CorrectedRequest, PastExemption
from tests.parts import TODAY
from tui.desk.advice_parts import past_steps
from tui.desk.history import build_history_section


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


def test_request_for_advice_by_post_stands_on_the_day_it_was_made() -> None:
    day = TODAY.date() - timedelta(days=3)
    fields: dict[str, Any] = {"asked_at": TODAY, "asked_on": day, "due": TODAY.date(), "steps": []}
    fields |= {"title": "Health Advice", "by": "Dr Fenwick", "asked_by": "Ada Priya"}
    rows = [AdviceRow.model_construct(**fields, by_post=by_post) for by_post in (True, False)]
    assert [step.on for step in past_steps(rows)] == [day, TODAY.date()]
