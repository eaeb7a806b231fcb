"""The statutory grounds for missing a deadline, and which deadline each of them excuses."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind

K, E = DeadlineKind, EventKind


class Ground(StrEnum):
    """A statutory ground for missing a deadline (Reg. 5(4), 8(2), 10(4), 13(3), 27(3), 44)."""

    CLOSED = "closed"
    PERSONAL = "personal"
    ABSENT = "absent"
    ABSENT_2_WEEKS = "absent_2_weeks"
    REPRESENTATIONS = "representations"
    MISSED_APPOINTMENT = "missed_appointment"


GROUND_LABELS: dict[Ground, str] = {
    Ground.CLOSED: "School or provider closed for 4 weeks or more",
    Ground.PERSONAL: "Exceptional personal circumstances",
    Ground.ABSENT: "Child or parent away for 4 weeks or more",
    Ground.ABSENT_2_WEEKS: "Child or parent away for 2 weeks or more",
    Ground.REPRESENTATIONS: "The family's views need more time",
    Ground.MISSED_APPOINTMENT: "Child missed an appointment",
}

CLOSURE_DAYS = 28
"""The shortest closure that excuses, in days."""
CLOSURE_MARGIN_DAYS = 7
"""Advice must be asked for from so many days before a closure to so many before its end."""

ORDERS = frozenset(
    {
        E.ORDERED,
        E.ORDERED_TO_ASSESS,
        E.ORDERED_TO_MAKE_PLAN,
        E.ORDERED_TO_RECONSIDER,
        E.ORDERED_TO_REASSESS,
        E.ORDERED_TO_AMEND,
        E.ORDERED_TO_NAME_SETTING,
        E.CONCEDED,
        E.CONCEDED_TO_REASSESS,
        E.MEDIATION_AGREED,
    }
)
"""Events whose deadlines have grounds of their own (Reg. 42, 44 and 45)."""

ORDER_GROUNDS = frozenset({Ground.PERSONAL, Ground.ABSENT_2_WEEKS, Ground.REPRESENTATIONS})
ADVICE_GROUNDS = frozenset({Ground.PERSONAL, Ground.ABSENT, Ground.MISSED_APPOINTMENT})
DECISION_GROUNDS = frozenset({Ground.CLOSED, Ground.PERSONAL, Ground.ABSENT})
_EXCUSABLE_DECISIONS = frozenset({K.DECIDE, K.NO_PLAN, K.FINAL})
_EXCUSABLE_ORDERS = _EXCUSABLE_DECISIONS | {K.DRAFT, K.AMENDED_FINAL}


def grounds_for(kind: DeadlineKind, started_by: EventKind | None = None) -> frozenset[Ground]:
    """Return the grounds that excuse missing a deadline that an event started.

    The closure of a school does not excuse late advice (Reg. 8(2)), and nothing excuses a late
    consultation, review or phase transfer.
    """
    if kind is K.ADVICE:
        return ADVICE_GROUNDS
    if started_by in ORDERS:
        return ORDER_GROUNDS if kind in _EXCUSABLE_ORDERS else frozenset()
    return DECISION_GROUNDS if kind in _EXCUSABLE_DECISIONS else frozenset()


def closure_excuses(closed_from: date, closed_to: date, asked_on: Iterable[date]) -> bool:
    """Whether a closure from one day to another excuses, by the days that advice was asked for.

    It lasts at least 4 weeks, and the school was asked from 1 week before it to 1 week before its
    end (Reg. 5(4)(a)).
    """
    margin = timedelta(days=CLOSURE_MARGIN_DAYS)
    is_long = (closed_to - closed_from).days + 1 >= CLOSURE_DAYS
    return is_long and any(
        closed_from - margin <= asked <= closed_to - margin for asked in asked_on
    )
