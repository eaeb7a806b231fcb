"""Rows of Home."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from shared.home import FormDue, HomeOut, Part, TaskDue
from tui.home.rows import MAX_WIDTH, build_parts, fit_rows

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


def test_columns_stay_together_on_a_wide_terminal() -> None:
    task = TaskDue(task=uuid4(), text="Phone the school", case=None, person_name="", due=TODAY)
    [part] = build_parts(HomeOut(today=TODAY, tasks=Part(rows=[task], more=0)))
    assert len(fit_rows(part.rows, 200)[0]) == MAX_WIDTH
    assert len(fit_rows(part.rows, 78)[0]) == 78


@pytest.mark.parametrize(
    ("returned", "symbol"), [(False, "●"), (True, "!")], ids=["advice", "returned"]
)
def test_form_due_in_weeks_is_marked_only_if_it_was_returned(returned: bool, symbol: str) -> None:
    due = TODAY + timedelta(days=42)
    form = FormDue(
        submission=uuid4(), person_name="Ivo", title="Advice", due=due, returned=returned
    )
    [part] = build_parts(HomeOut(today=TODAY, due=Part(rows=[form], more=0)))
    assert [row.symbol for row in part.rows] == [symbol]
