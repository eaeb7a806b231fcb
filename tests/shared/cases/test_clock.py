"""The law's clock against dates counted by hand, and what holds for every day."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from shared.cases.clock import (
    LAW,
    Periods,
    advice_due,
    amended_final_by,
    days_left_text,
    decide_by,
    final_plan_by,
    no_plan_by,
    representations_until,
    review_decision_by,
    review_due,
    review_report_by,
)

DAYS = st.dates(date(2014, 9, 1), date(2100, 1, 1))


def test_a_request_received_on_1_june_2022() -> None:
    received = date(2022, 6, 1)
    assert decide_by(received) == date(2022, 7, 13)
    assert no_plan_by(received) == date(2022, 9, 21)
    assert final_plan_by(received) == date(2022, 10, 19)
    assert advice_due(date(2022, 6, 6)) == date(2022, 7, 18)


def test_the_familys_fifteen_days_begin_with_the_day_the_draft_is_served() -> None:
    assert representations_until(date(2022, 9, 21)) == date(2022, 10, 5)


def test_a_review_meeting_on_2_october_2023() -> None:
    meeting = date(2023, 10, 2)
    assert review_report_by(meeting) == date(2023, 10, 16)
    assert review_decision_by(meeting) == date(2023, 10, 30)
    assert amended_final_by(meeting) == date(2023, 12, 25)


@given(DAYS)
def test_the_day_of_receipt_as_day_one_takes_each_deadline_a_day_earlier(day: date) -> None:
    counted = Periods(receipt_is_day_one=True)
    for deadline in (decide_by, advice_due, no_plan_by, final_plan_by):
        assert deadline(day, counted) == deadline(day) - timedelta(days=1)
    # The regulation itself says that these days begin with service.
    assert representations_until(day, counted) == representations_until(day)


@given(DAYS)
def test_deadlines_stand_in_the_laws_order_and_fall_on_the_weekday_of_receipt(day: date) -> None:
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
def test_a_plan_is_reviewed_within_the_twelve_months_that_start_with_its_day(
    issued: date, due: date
) -> None:
    assert review_due(issued) == due


@given(DAYS, st.integers(1, 36))
def test_any_number_of_months_ends_in_the_right_month_and_never_late(
    issued: date, months: int
) -> None:
    due = review_due(issued, LAW.model_copy(update={"review_months": months}))
    over = due + timedelta(days=1)
    ended = (over.year - issued.year) * 12 + over.month - issued.month
    assert (ended, over.day) in {(months, issued.day), (months + 1, 1)}
    assert issued + relativedelta(months=months) in {due, over}


@given(DAYS, st.integers(-400, 400))
def test_what_is_left_is_said_in_words_with_its_number(today: date, days: int) -> None:
    words = days_left_text(today + timedelta(days=days), today)
    if days == 0:
        assert words == "due today"
    else:
        unit = "day" if abs(days) == 1 else "days"
        assert words == f"{abs(days)} {unit} {'left' if days > 0 else 'late'}"
