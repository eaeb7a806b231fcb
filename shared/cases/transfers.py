"""Phase transfers: the day by which a plan names the next setting (Reg. 18), and its cohort."""

from datetime import date
from enum import StrEnum

from shared.cases.clock import STATUTORY_PERIODS, Periods, next_phase_transfer


class TransferKind(StrEnum):
    """The kinds of phase transfer, which have different days of the year."""

    SCHOOL = "school"
    POST_16 = "post_16"


def school_year_start(day: date) -> date:
    """Return the first day of the school year of a day: 1 September."""
    return date(day.year - (day.month < 9), 9, 1)


def cohort_year(today: date) -> int:
    """Return the year of the phase transfers of this school year."""
    return school_year_start(today).year + 1


def transfer_due(
    born: date, today: date, day_set: date | None, periods: Periods = STATUTORY_PERIODS
) -> date | None:
    """Return the last day to name a child's next setting, in this school year or a later one.

    It is the day that was set last, unless that is of an earlier school year, or else depends on
    the date of birth. One that is past counts until the school year is over.
    """
    start = school_year_start(today)
    if day_set is not None and day_set >= start:
        return day_set
    transfer = next_phase_transfer(born, start, periods)
    return transfer[1] if transfer else None


def cohort_days(
    year: int, kind: TransferKind | None, periods: Periods = STATUTORY_PERIODS
) -> tuple[date, date]:
    """Return the first and the last day on which the phase transfers of a year may be due."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    school_ends = date.fromisoformat(f"{year}-{periods.phase_transfer}")
    match kind:
        case TransferKind.SCHOOL:
            return first, school_ends
        case TransferKind.POST_16:
            return date.fromordinal(school_ends.toordinal() + 1), last
    return first, last
