"""Statutory periods, compared with dates counted by hand and with general rules."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from shared.cases.clock import (
    STATUTORY_PERIODS,
    Periods,
    advice_due,
    amended_final_by,
    days_left_text,
    decide_by,
    final_plan_by,
    next_phase_transfer,
    no_plan_by,
    representations_until,
    review_decision_by,
    review_due,
    review_report_by,
)

DAYS = st.dates(date(2014, 9, 1), date(2100, 1, 1))


def test_deadlines_of_a_request_received_on_1_june_2022() -> None:
    received = date(2022, 6, 1)
    assert decide_by(received) == date(2022, 7, 13)
    assert no_plan_by(received) == date(2022, 9, 21)
    assert final_plan_by(received) == date(2022, 10, 19)
    assert advice_due(date(2022, 6, 6)) == date(2022, 7, 18)


def test_fifteen_days_for_views_start_on_the_day_of_service() -> None:
    assert representations_until(date(2022, 9, 21)) == date(2022, 10, 5)


def test_deadlines_of_a_review_meeting_on_2_october_2023() -> None:
    meeting = date(2023, 10, 2)
    assert review_report_by(meeting) == date(2023, 10, 16)
    assert review_decision_by(meeting) == date(2023, 10, 30)
    assert amended_final_by(meeting) == date(2023, 12, 25)


@given(DAYS)
def test_counting_receipt_as_day_one_moves_deadlines_a_day_earlier(day: date) -> None:
    periods = Periods(receipt_is_day_one=True)
    for deadline in (decide_by, advice_due, no_plan_by, final_plan_by):
        assert deadline(day, periods) == deadline(day) - timedelta(days=1)
    # The regulation itself counts these days from service.
    assert representations_until(day, periods) == representations_until(day)


@given(DAYS)
def test_deadlines_are_in_order_and_on_the_weekday_of_receipt(day: date) -> None:
    deadlines = [decide_by(day), no_plan_by(day), final_plan_by(day)]
    assert deadlines == sorted(deadlines)
    assert {deadline.weekday() for deadline in deadlines} == {day.weekday()}


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 3, 1), date(2025, 2, 28)),
        (date(2023, 3, 1), date(2024, 2, 29)),
        (date(2023, 2, 28), date(2024, 2, 27)),
        (date(2022, 10, 19), date(2023, 10, 18)),
        (date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_review_is_due_within_twelve_months_of_the_plan(issued: date, due: date) -> None:
    assert review_due(issued) == due


@given(DAYS, st.integers(1, 36))
def test_review_months_end_in_the_right_month(issued: date, months: int) -> None:
    due = review_due(issued, STATUTORY_PERIODS.model_copy(update={"review_months": months}))
    day_after = due + timedelta(days=1)
    months_passed = (day_after.year - issued.year) * 12 + day_after.month - issued.month
    assert (months_passed, day_after.day) in {(months, issued.day), (months + 1, 1)}
    assert issued + relativedelta(months=months) in {due, day_after}


@given(DAYS, st.integers(-400, 400))
def test_days_left_are_described_with_their_number(today: date, days: int) -> None:
    text = days_left_text(today + timedelta(days=days), today)
    if days == 0:
        assert text == "due today"
    else:
        unit = "day" if abs(days) == 1 else "days"
        assert text == f"{abs(days)} {unit} {'left' if days > 0 else 'late'}"


@pytest.mark.parametrize(
    ("born", "today", "expected"),
    [
        (date(2016, 3, 14), date(2026, 9, 1), (6, date(2027, 2, 14))),
        (date(2015, 9, 1), date(2027, 2, 14), (6, date(2027, 2, 14))),
        (date(2015, 9, 1), date(2027, 2, 15), (11, date(2032, 3, 30))),
        (date(2022, 10, 1), date(2026, 9, 1), (-1, date(2027, 2, 14))),
        (date(2000, 1, 1), date(2026, 9, 1), None),
    ],
)
def test_next_phase_transfer(born: date, today: date, expected: tuple[int, date] | None) -> None:
    assert next_phase_transfer(born, today) == expected
