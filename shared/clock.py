"""The law's clock: statutory deadlines as pure functions of days, every period a setting.

Sources: the Special Educational Needs and Disability Regulations 2014 (Reg.) and the decision
in L, M & P v Devon [2022] EWHC 493 (Admin). Weeks are calendar weeks.
"""

from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict


class Periods(BaseModel):
    """Each period in days; `receipt_is_day_one` takes every deadline a day earlier."""

    model_config = ConfigDict(frozen=True)

    decide: int = 42
    advice: int = 42
    no_plan: int = 112
    final_plan: int = 140
    representations: int = 15
    review_months: int = 12
    review_report: int = 14
    review_decision: int = 28
    amended_final: int = 84
    receipt_is_day_one: bool = False

    def after(self, start: date, days: int) -> date:
        """Count days from the day something was received."""
        return start + timedelta(days=days - self.receipt_is_day_one)


LAW = Periods()


def decide_by(received: date, periods: Periods = LAW) -> date:
    """Tell by when to decide whether to assess: six weeks (Reg. 5(1))."""
    return periods.after(received, periods.decide)


def advice_due(asked: date, periods: Periods = LAW) -> date:
    """Tell by when advice is due: six weeks from its own request (Reg. 8(1))."""
    return periods.after(asked, periods.advice)


def no_plan_by(received: date, periods: Periods = LAW) -> date:
    """Tell by when a decision not to issue a plan falls: sixteen weeks (Reg. 10(1))."""
    return periods.after(received, periods.no_plan)


def final_plan_by(received: date, periods: Periods = LAW) -> date:
    """Tell by when the final plan is due: twenty weeks (Reg. 13(2))."""
    return periods.after(received, periods.final_plan)


def representations_until(served: date, periods: Periods = LAW) -> date:
    """Tell the last day for the family's views: 15 days beginning with service (Reg. 13(1))."""
    return served + timedelta(days=periods.representations - 1)


def review_due(issued: date, periods: Periods = LAW) -> date:
    """Tell by when the plan is reviewed: within twelve months (CFA 2014, s.44(1))."""
    months = issued.month - 1 + periods.review_months
    year, month = issued.year + months // 12, months % 12 + 1
    try:
        return date(year, month, issued.day)
    except ValueError:  # 29 February a year on
        return date(year, month + 1, 1) - timedelta(days=1)


def review_report_by(meeting: date, periods: Periods = LAW) -> date:
    """Tell by when the report of a review meeting is due: two weeks (Reg. 20(7))."""
    return meeting + timedelta(days=periods.review_report)


def review_decision_by(meeting: date, periods: Periods = LAW) -> date:
    """Tell by when to decide after a review meeting: four weeks (Reg. 20(10))."""
    return meeting + timedelta(days=periods.review_decision)


def amended_final_by(meeting: date, periods: Periods = LAW) -> date:
    """Tell by when an amended plan is final: twelve weeks from the meeting (Reg. 22(3))."""
    return meeting + timedelta(days=periods.amended_final)


def days_left_words(due: date, today: date) -> str:
    """Say how far off a deadline is, and lateness in words."""
    days = (due - today).days
    if days == 0:
        return "due today"
    unit = "day" if abs(days) == 1 else "days"
    return f"{days} {unit} left" if days > 0 else f"{-days} {unit} late"
