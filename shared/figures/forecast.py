"""When a final plan is to be expected if advice comes at its usual pace."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from statistics import median
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from shared.cases.state_sets import FROM_REQUEST
from shared.cases.states import UNDECIDED

ENOUGH = 5
"""The number of answers from which a median is taken as usual."""
PACE_MONTHS = 12
"""How far back answers and plans count, in months."""
FORECAST_STATES = FROM_REQUEST - UNDECIDED
"""States in which a first plan is to be expected."""


class Pace(BaseModel):
    """How many days something usually takes: the median of `answers`, or the period allowed."""

    model_config = ConfigDict(frozen=True)

    days: int
    answers: int

    @property
    def is_usual(self) -> bool:
        """Whether there are enough answers for their median to be taken."""
        return self.answers >= ENOUGH


class AskedAdvice(NamedTuple):
    """Advice that was asked for, and the day on which it was first submitted."""

    form: str
    asked_on: date
    answered_on: date | None = None


class Outlook(StrEnum):
    """Whether a case is expected to have its final plan by its deadline."""

    IN_TIME = "in_time"
    MISSES = "misses"
    MISSED = "missed"
    EXCUSED = "excused"


def usual_pace(days: Sequence[int], allowed: int) -> Pace:
    """Return the median of some numbers of days, or the days allowed if they are too few."""
    if len(days) < ENOUGH:
        return Pace(days=allowed, answers=len(days))
    return Pace(days=ceil(median(days)), answers=len(days))


def expected_answer(advice: AskedAdvice, paces: Mapping[str, int], today: date) -> date:
    """Return when advice came or is to be expected, which is not before today."""
    if advice.answered_on is not None:
        return advice.answered_on
    return max(today, advice.asked_on + timedelta(days=paces[advice.form]))


def expected_plan(
    advice: Iterable[AskedAdvice],
    paces: Mapping[str, int],
    after_advice: int,
    today: date,
    drafted_on: date | None = None,
) -> date:
    """Return when the final plan of a case is to be expected, which is not before today.

    It follows the last advice by `after_advice` days. If none was asked for, that runs from the
    decision to issue a plan, or else from when advice would come if it was asked for today.
    """
    answers = [expected_answer(item, paces, today) for item in advice]
    last = max(
        answers, default=drafted_on or today + timedelta(days=max(paces.values(), default=0))
    )
    return max(today, last + timedelta(days=after_advice))


def find_outlook(expected: date, due: date, today: date, *, excused: bool) -> Outlook:
    """Compare when a final plan is to be expected with its deadline."""
    if excused:
        return Outlook.EXCUSED
    if due < today:
        return Outlook.MISSED
    return Outlook.MISSES if expected > due else Outlook.IN_TIME
