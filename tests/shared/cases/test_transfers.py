"""When a phase transfer is due, and to which cohort it belongs."""

from datetime import date

import pytest

from shared.cases.transfers import (
    TransferKind,
    cohort_days,
    cohort_year,
    school_year_start,
    transfer_due,
)

YEAR_6 = date(2015, 6, 1)
"""Born so as to leave year 6 in summer 2026."""


@pytest.mark.parametrize(
    ("today", "day_set", "expected"),
    [
        (date(2025, 8, 31), None, date(2026, 2, 14)),
        (date(2026, 2, 14), None, date(2026, 2, 14)),
        (date(2026, 8, 31), None, date(2026, 2, 14)),
        (date(2026, 9, 1), None, date(2031, 3, 30)),
        (date(2025, 9, 1), date(2026, 1, 31), date(2026, 1, 31)),
        (date(2025, 9, 1), date(2025, 8, 31), date(2026, 2, 14)),
    ],
    ids=["before", "on the day", "late", "next year", "set", "set in an earlier year"],
)
def test_transfer_is_due_until_the_school_year_is_over(
    today: date, day_set: date | None, expected: date
) -> None:
    assert transfer_due(YEAR_6, today, day_set) == expected


def test_grown_up_has_no_transfer() -> None:
    assert transfer_due(date(2005, 1, 1), date(2026, 1, 1), None) is None


def test_cohort_is_of_the_year_in_which_children_leave() -> None:
    assert [cohort_year(date(2026, month, 1)) for month in (1, 8, 9)] == [2026, 2026, 2027]
    assert school_year_start(date(2026, 8, 31)) == date(2025, 9, 1)
    assert cohort_days(2027, TransferKind.SCHOOL) == (date(2027, 1, 1), date(2027, 2, 14))
    assert cohort_days(2027, TransferKind.POST_16) == (date(2027, 2, 15), date(2027, 12, 31))
    assert cohort_days(2027, None) == (date(2027, 1, 1), date(2027, 12, 31))
