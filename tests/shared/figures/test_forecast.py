"""When a final plan is to be expected."""

from datetime import date, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from shared.figures.forecast import (
    ENOUGH,
    AskedAdvice,
    Outlook,
    expected_plan,
    find_outlook,
    usual_pace,
)
from shared.figures.tables import pace_words

TODAY = date(2026, 3, 2)
PACES = {"educational-advice": 30, "health-advice": 50}
DAYS = st.dates(date(2025, 6, 1), TODAY)
ADVICE = st.lists(
    st.builds(AskedAdvice, st.sampled_from(sorted(PACES)), DAYS, st.none() | DAYS), max_size=5
)


@given(st.lists(st.integers(0, 400), max_size=20), st.integers(1, 60))
def test_pace_is_the_median_of_enough_answers_else_the_days_allowed(
    days: list[int], allowed: int
) -> None:
    pace = usual_pace(days, allowed)
    assert pace.answers == len(days)
    assert pace.is_usual == (len(days) >= ENOUGH)
    if pace.is_usual:
        assert 0 <= pace.days - median(days) < 1
    else:
        assert pace.days == allowed


def test_pace_says_what_it_is_taken_from() -> None:
    words = [pace_words(usual_pace([40] * number, 42)) for number in (0, 1, 3, ENOUGH)]
    assert words == [
        "days allowed (no answers yet)",
        "days allowed (only 1 answer)",
        "days allowed (only 3 answers)",
        f"days (median of {ENOUGH})",
    ]


@given(ADVICE, st.integers(0, 100), st.none() | DAYS)
def test_plan_is_expected_neither_in_the_past_nor_before_its_advice(
    advice: list[AskedAdvice], after: int, drafted_on: date | None
) -> None:
    expected = expected_plan(advice, PACES, after, TODAY, drafted_on)
    assert expected >= TODAY
    for item in advice:
        came = item.answered_on or max(TODAY, item.asked_on + timedelta(days=PACES[item.form]))
        assert expected >= came + timedelta(days=after)
    later = expected_plan([*advice, AskedAdvice("health-advice", TODAY)], PACES, after, TODAY)
    assert later >= TODAY + timedelta(days=50 + after)


def test_last_advice_decides_when_the_plan_is_expected() -> None:
    answered = AskedAdvice("health-advice", date(2026, 1, 5), date(2026, 2, 20))
    awaited = AskedAdvice("educational-advice", date(2026, 2, 10))
    late = AskedAdvice("educational-advice", date(2025, 12, 1))
    assert expected_plan([answered], PACES, 40, TODAY) == date(2026, 4, 1)
    assert expected_plan([answered, awaited], PACES, 40, TODAY) == date(2026, 4, 21)
    assert expected_plan([answered, late], PACES, 40, TODAY) == date(2026, 4, 11)
    assert expected_plan([answered], PACES, 1, TODAY) == TODAY
    assert expected_plan([], PACES, 40, TODAY) == date(2026, 5, 31)
    assert expected_plan([], PACES, 40, TODAY, date(2026, 2, 25)) == date(2026, 4, 6)


def test_outlook_compares_the_expected_day_with_the_deadline() -> None:
    due = TODAY + timedelta(days=10)
    late, past = due + timedelta(days=1), TODAY - timedelta(days=1)
    assert find_outlook(due, due, TODAY, excused=False) is Outlook.IN_TIME
    assert find_outlook(late, due, TODAY, excused=False) is Outlook.MISSES
    assert find_outlook(late, past, TODAY, excused=False) is Outlook.MISSED
    assert find_outlook(late, past, TODAY, excused=True) is Outlook.EXCUSED
