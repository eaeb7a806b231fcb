"""The day on which the rights of a parent become those of the young person."""

from datetime import date, timedelta

_FRIDAY = 4
_FIRST_MONTH_OF_SCHOOL_YEAR = 9


def rights_pass_on(born: date) -> date:
    """Return the day on which compulsory school age ends (Education Act 1996, s.8).

    This is the last Friday of June of the school year in which the child turns 16: from then on
    the rights of the parent are those of the young person (CFA 2014, s.83(2)).
    """
    last_day = date(born.year + 16 + (born.month >= _FIRST_MONTH_OF_SCHOOL_YEAR), 6, 30)
    return last_day - timedelta(days=(last_day.weekday() - _FRIDAY) % 7)


def has_rights(born: date, today: date) -> bool:
    """Whether the rights about a plan are the young person's own, no longer the parent's."""
    return today >= rights_pass_on(born)
