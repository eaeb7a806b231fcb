"""Parsing and formatting of dates, ages, and London time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.values.days import (
    InvalidDate,
    age_on,
    format_dated_time,
    format_day,
    format_received,
    format_time,
    london_day,
    parse_day,
)

DAYS = st.dates(date(1000, 1, 1))


@given(DAYS, st.sampled_from(["/", "-", ".", " ", " / "]))
def test_date_is_parsed_in_every_accepted_format(day: date, separator: str) -> None:
    assert parse_day(format_day(day)) == day
    assert parse_day(day.strftime("%d%m%Y")) == day
    assert parse_day(f" {day.day}{separator}{day.month}{separator}{day.year} ") == day
    assert parse_day(f"{day.day} {day:%B} {day.year}") == day
    assert parse_day(f"{day.day}{day:%b}{day.year}".upper()) == day


@pytest.mark.parametrize(
    "text", ["29/02/2023", "31/04/2026", "0/1/2026", "1/13/2026", "1 Foo 2026"]
)
def test_impossible_date_is_named_in_the_error(text: str) -> None:
    with pytest.raises(InvalidDate, match=f"{text} is not a real date"):
        parse_day(text)


@pytest.mark.parametrize("text", ["", "yesterday", "13/2026", "2026-02-01", "1st Feb 2026"])
def test_invalid_date_error_shows_the_format(text: str) -> None:
    with pytest.raises(InvalidDate, match="dd/mm/yyyy"):
        parse_day(text)


@pytest.mark.parametrize("text", ["sep 2023", "September 2023", "9/2023", "Sep2023"])
def test_month_without_a_day_is_named_in_the_error(text: str) -> None:
    with pytest.raises(InvalidDate, match=f"{text} has no day. Write the date as dd/mm/yyyy"):
        parse_day(text)


@pytest.mark.parametrize("text", ["1112026", "112026"])
def test_ambiguous_digits_are_rejected(text: str) -> None:
    with pytest.raises(InvalidDate):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/5/17", date(2017, 5, 3)),
        ("3 May 17", date(2017, 5, 3)),
        ("1/2/26", date(2026, 2, 1)),
        ("1/1/00", date(2000, 1, 1)),
        ("31/12/49", date(2049, 12, 31)),
    ],
)
def test_year_may_have_two_digits(text: str, day: date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize("text", ["1/1/50", "3/5/98"])
def test_short_year_of_the_last_century_is_rejected(text: str) -> None:
    with pytest.raises(InvalidDate, match="Write the year with four digits"):
        parse_day(text)


def test_short_year_of_birth_in_the_future_is_rejected() -> None:
    today = date(2026, 2, 1)
    assert parse_day("1/2/26", today) == today
    assert parse_day("1/2/2027", today) == date(2027, 2, 1)
    with pytest.raises(InvalidDate, match="Write the year with four digits"):
        parse_day("2/2/26", today)


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        assert isinstance(parse_day(text), date)
    except InvalidDate as error:
        assert "dd/mm/yyyy" in str(error)


def test_times_are_formatted_in_london_time() -> None:
    late = datetime(2022, 6, 5, 23, 30, tzinfo=UTC)
    assert london_day(late) == date(2022, 6, 6)
    assert format_received(late) == "06-Jun-2022 00:30"
    assert format_time(late) == "00:30"
    assert format_dated_time(late, date(2022, 6, 6)) == "00:30"
    assert format_dated_time(late, date(2022, 6, 5)) == "00:30"
    assert format_dated_time(late, date(2022, 6, 7)) == "06/06/2022 00:30"
    assert london_day(late.replace(month=12)) == date(2022, 12, 5)


def test_age_increases_on_the_birthday() -> None:
    assert age_on(date(2008, 12, 12), date(2026, 12, 11)) == 17
    assert age_on(date(2008, 12, 12), date(2026, 12, 12)) == 18
    leap = date(2012, 2, 29)
    assert (age_on(leap, date(2026, 2, 28)), age_on(leap, date(2026, 3, 1))) == (13, 14)
    assert age_on(leap, date(2028, 2, 29)) == 16


@given(DAYS.filter(lambda day: day < date(2100, 1, 1)), st.integers(0, 40_000))
@example(date(2012, 2, 29), 0)
def test_age_increases_by_at_most_one_per_day(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    assert age_on(born, born) == 0
    assert age_on(born, day + timedelta(days=1)) - age_on(born, day) in (0, 1)
