"""Rows of Home."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from shared.home import HomeOut, Part, TaskDue
from tui.home.rows import build_parts

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("days_left", "symbol", "mark"),
    [(-1, "!", "late"), (0, "!", "soon"), (7, "!", "soon"), (8, "●", "")],
)
def test_task_is_marked_seven_days_before_it_is_due(days_left: int, symbol: str, mark: str) -> None:
    due = TODAY + timedelta(days=days_left)
    task = TaskDue(task=uuid4(), text="Phone the school", case=None, person_name="", due=due)
    [part] = build_parts(HomeOut(today=TODAY, tasks=Part(rows=[task], more=0)))
    assert [(row.symbol, row.mark) for row in part.rows] == [(symbol, mark)]
