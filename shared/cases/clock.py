"""Statutory deadlines as pure functions of dates, with configurable periods.

Sources: the Special Educational Needs and Disability Regulations 2014 (Reg.) and the decision
in L, M & P v Devon [2022] EWHC 493 (Admin); for appeals, the First-tier Tribunal's rules. Weeks
are calendar weeks.
"""

from datetime import date, timedelta
from functools import cache

from dateutil.relativedelta import relativedelta
from pydantic import BaseModel, ConfigDict, Field

SIX_WEEKS = 42
DAY_OF_YEAR = r"^(02-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(0[1-9]|[12]\d|30))$"
"""A month and a day, such as 02-14."""


class Periods(BaseModel):
    """Statutory periods, in days unless named months, and days of the year as MM-DD.

    With `receipt_is_day_one` the day of receipt counts, so deadlines are a day earlier.
    `transfer_years` are the year groups that children leave for another phase; 0 is Reception.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decide: int = SIX_WEEKS
    no_plan: int = 112
    final_plan: int = 140
    representations: int = 15
    review_months: int = 12
    review_report: int = 14
    review_decision: int = 28
    amended_final: int = 84
    amended_final_after_notice: int = 56
    review_notice: int = 14
    phase_transfer: str = Field("02-14", pattern=DAY_OF_YEAR)
    phase_transfer_post_16: str = Field("03-30", pattern=DAY_OF_YEAR)
    transfer_years: tuple[int, ...] = (-1, 2, 6, 11)
    reassessment_reply: int = 15
    reassessment: int = 98
    transfer_out_working_days: int = 15
    transfer_notice: int = SIX_WEEKS
    transfer_review_months: int = 3
    order_notice: int = 14
    ordered_reconsideration: int = 14
    ordered_no_plan: int = 70
    ordered_final_after_assessment: int = 98
    ordered_draft: int = 35
    ordered_final: int = 77
    ordered_amendment: int = 35
    ordered_setting: int = 14
    recommendation: int = 35
    mediation: int = 30
    mediation_other: int = 14
    appeal_response_working_days: int = 30
    consultation: int = 15
    appeal_months: int = 2
    appeal_months_after_certificate: int = 1
    receipt_is_day_one: bool = False

    def after(self, start: date, days: int) -> date:
        """Return the last day of a period that starts with a receipt."""
        return start + timedelta(days=days - self.receipt_is_day_one)


STATUTORY_PERIODS = Periods()


def decide_by(received_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for deciding whether to assess: six weeks (Reg. 5(1))."""
    return periods.after(received_on, periods.decide)


def advice_due(
    requested_on: date, periods: Periods = STATUTORY_PERIODS, days: int = SIX_WEEKS
) -> date:
    """Return when advice is due: by default six weeks after its request (Reg. 8(1))."""
    return periods.after(requested_on, days)


def no_plan_by(received_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for deciding not to issue a plan: sixteen weeks (Reg. 10(1))."""
    return periods.after(received_on, periods.no_plan)


def final_plan_by(received_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for the final plan: twenty weeks (Reg. 13(2))."""
    return periods.after(received_on, periods.final_plan)


def representations_until(served_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the last day for the family's views: 15 days from service (Reg. 13(1))."""
    return served_on + timedelta(days=periods.representations - 1)


def review_due(issued_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the last day of the 12 months for a review (CFA 2014, s.44(1)).

    This is the day before the anniversary, or the last day of a month without that day.
    """
    last_day = issued_on + relativedelta(months=periods.review_months)
    return last_day - timedelta(days=last_day.day == issued_on.day)


def review_report_by(meeting_date: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for a review meeting's report: two weeks (Reg. 20(7))."""
    return meeting_date + timedelta(days=periods.review_report)


def review_decision_by(meeting_date: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for the decision after a review meeting: four weeks (Reg. 20(10))."""
    return meeting_date + timedelta(days=periods.review_decision)


def amended_final_by(meeting_date: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for an amended plan: twelve weeks from the meeting (Reg. 22(3))."""
    return meeting_date + timedelta(days=periods.amended_final)


def amended_final_after(
    notice_date: date, meeting_date: date | None, periods: Periods = STATUTORY_PERIODS
) -> date:
    """Return the deadline for an amended plan: eight weeks from the notice of changes.

    It is at most twelve weeks after the meeting, if there was one (Reg. 22(3)).
    """
    by_notice = notice_date + timedelta(days=periods.amended_final_after_notice)
    return min(by_notice, amended_final_by(meeting_date, periods)) if meeting_date else by_notice


def appeal_until(
    decided_on: date, certificate_date: date | None = None, periods: Periods = STATUTORY_PERIODS
) -> date:
    """Return the last day for an appeal.

    It is two months after the decision or one month after a mediation certificate, whichever is
    later, moved to the next working day if necessary (rule 12(2)).
    """
    last_day = decided_on + relativedelta(months=periods.appeal_months)
    if certificate_date:
        months = relativedelta(months=periods.appeal_months_after_certificate)
        last_day = max(last_day, certificate_date + months)
    while not _is_working_day(last_day):
        last_day += timedelta(days=1)
    return last_day


def transfer_out_by(learned_on: date, moves_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return when a plan must be transferred to another authority (Reg. 15(2)).

    It is the day of the move, or the last of 15 working days that begin with learning of it.
    """
    day, count = learned_on, 0
    while True:
        count += _is_weekday_at_work(day)
        if count >= periods.transfer_out_working_days:
            return max(day, moves_on)
        day += timedelta(days=1)


def appeal_response_by(received_on: date, periods: Periods = STATUTORY_PERIODS) -> date:
    """Return the deadline for the response to an appeal: 30 working days (rule 21)."""
    day, count = received_on, 0
    while count < periods.appeal_response_working_days:
        day += timedelta(days=1)
        count += _is_weekday_at_work(day) and not _is_christmas(day)
    return day


def review_after_transfer(
    transferred_on: date, last_review: date, periods: Periods = STATUTORY_PERIODS
) -> date:
    """Return when a plan taken over is to be reviewed (Reg. 15(6)).

    It is 12 months after the last review, or 3 months after the transfer if that is later.
    """
    months = relativedelta(months=periods.transfer_review_months)
    return max(review_due(last_review, periods), transferred_on + months)


def working_day_from(day: date) -> date:
    """Return the first working day from a day on, without weekends and bank holidays."""
    while not _is_weekday_at_work(day):
        day += timedelta(days=1)
    return day


def cohort_of(born: date) -> int:
    """Return the calendar year of the first 31 August from a birth on."""
    return born.year + (born.month > 8)


def year_group_on(born: date, today: date) -> int:
    """Return the year group of a child by birth date; 0 is Reception."""
    return today.year + (today.month > 8) - cohort_of(born) - 5


def is_from_year_9(born: date, today: date) -> bool:
    """Whether a child is in year 9 or above, so preparing for adulthood matters (Reg. 6(1)(g))."""
    return year_group_on(born, today) >= 9


def last_summer_in(born: date, year_group: int) -> int:
    """Return the calendar year in which a child leaves a year group; 0 is Reception."""
    return cohort_of(born) + 5 + year_group


def next_phase_transfer(
    born: date, today: date, periods: Periods = STATUTORY_PERIODS
) -> tuple[int, date] | None:
    """Return the next year group that a child leaves, and the plan's deadline (Reg. 18).

    The deadline is the last day before 15 February, or before 31 March from year 11 on.
    """
    for year_group in sorted(periods.transfer_years):
        day = periods.phase_transfer_post_16 if year_group >= 11 else periods.phase_transfer
        due = date.fromisoformat(f"{last_summer_in(born, year_group)}-{day}")
        if due >= today:
            return year_group, due
    return None


def _is_working_day(day: date) -> bool:
    """Whether a day is a working day under the Tribunal's rules for special needs cases.

    August, 25 December to 1 January and English bank holidays are not working days.
    """
    return day.month != 8 and not _is_christmas(day) and _is_weekday_at_work(day)


def _is_christmas(day: date) -> bool:
    return not (1, 1) < (day.month, day.day) < (12, 25)


def _is_weekday_at_work(day: date) -> bool:
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    from holidays.countries.united_kingdom import (
        UnitedKingdom,
    )  # slow to import, and unused by the client

    # Computed eagerly, because lazy computation is not thread-safe.
    return frozenset(UnitedKingdom(subdiv="ENG", years=year))  # type: ignore[no-untyped-call] # the library is untyped


def days_left_text(due: date, today: date) -> str:
    """Describe how many days are left until a deadline, or how late it is."""
    days = (due - today).days
    if days == 0:
        return "due today"
    unit = "day" if abs(days) == 1 else "days"
    return f"{days} {unit} left" if days > 0 else f"{-days} {unit} late"
