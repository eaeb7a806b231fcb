"""The deadlines of a case: which events start and end each of them."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.cases.clock import (
    STATUTORY_PERIODS,
    Periods,
    amended_final_after,
    amended_final_by,
    appeal_until,
    decide_by,
    final_plan_by,
    no_plan_by,
    representations_until,
    review_decision_by,
    review_due,
    review_report_by,
)
from shared.cases.events import CaseStatus, EventKind, PastEvent, apply_event
from shared.cases.states import CaseState


class DeadlineKind(StrEnum):
    """The kinds of deadline; each request for advice has its own `advice` deadline."""

    DECIDE = "decide"
    ADVICE = "advice"
    NO_PLAN = "no_plan"
    DRAFT = "draft"
    REPRESENTATIONS = "representations"
    FINAL = "final"
    REVIEW = "review"
    REPORT = "report"
    REVIEW_DECISION = "review_decision"
    AMENDED_FINAL = "amended_final"
    MEDIATION = "mediation"
    APPEAL = "appeal"


K = DeadlineKind

DEADLINE_LABELS: dict[DeadlineKind, str] = {
    K.DECIDE: "Decision due",
    K.ADVICE: "Advice due",
    K.NO_PLAN: "Decision whether to issue a plan due",
    K.DRAFT: "Draft plan due",
    K.REPRESENTATIONS: "Family may give views until",
    K.FINAL: "Final plan due",
    K.REVIEW: "Review due",
    K.REPORT: "Report of the meeting due",
    K.REVIEW_DECISION: "Decision after the review due",
    K.AMENDED_FINAL: "Amended final plan due",
    K.MEDIATION: "Mediation meeting due",
    K.APPEAL: "Family may appeal until",
}

FAMILY_DEADLINES = frozenset({K.REPRESENTATIONS, K.APPEAL})
"""Deadlines that the family has to meet, not the authority."""


class Deadline(NamedTuple):
    """A running deadline; `start_index` is the index of the event that started it."""

    kind: DeadlineKind
    due: date
    start_index: int


class Ground(StrEnum):
    """A statutory ground for missing a deadline (Reg. 5(4), 8(2), 10(4), 13(3))."""

    CLOSED = "closed"
    PERSONAL = "personal"
    ABSENT = "absent"
    MISSED_APPOINTMENT = "missed_appointment"


GROUND_LABELS: dict[Ground, str] = {
    Ground.CLOSED: "School or provider closed for 4 weeks or more",
    Ground.PERSONAL: "Exceptional personal circumstances",
    Ground.ABSENT: "Child or parent away for 4 weeks or more",
    Ground.MISSED_APPOINTMENT: "Child missed an appointment",
}

_EXCUSABLE_DECISIONS = frozenset({K.DECIDE, K.NO_PLAN, K.FINAL})


def excuses(ground: Ground, kind: DeadlineKind) -> bool:
    """Whether a ground excuses missing a deadline.

    The closure of a school does not excuse late advice (Reg. 8(2)).
    """
    if kind is K.ADVICE:
        return ground is not Ground.CLOSED
    return kind in _EXCUSABLE_DECISIONS and ground is not Ground.MISSED_APPOINTMENT


ALL_KINDS = frozenset(DeadlineKind)
E = EventKind

DEADLINES_ENDED_BY: dict[EventKind, frozenset[DeadlineKind]] = {
    E.WITHDRAWN: ALL_KINDS,
    E.JOINED: ALL_KINDS,
    E.TRANSFERRED_OUT: ALL_KINDS,
    E.CEASED: ALL_KINDS,
    E.REFUSED_TO_ASSESS: ALL_KINDS,
    E.DECIDED_NOT_TO_ISSUE: ALL_KINDS,
    E.DECIDED_TO_ASSESS: frozenset({K.DECIDE}),
    E.DECIDED_TO_ISSUE: frozenset({K.NO_PLAN}),
    E.DRAFT_SERVED: frozenset({K.DRAFT}),
    E.REPRESENTATIONS_RECORDED: frozenset({K.REPRESENTATIONS}),
    E.DRAFT_CHANGED: frozenset({K.REPRESENTATIONS}),
    E.FINAL_ISSUED: frozenset({K.FINAL, K.REPRESENTATIONS, K.AMENDED_FINAL}),
    E.REPORT_SENT: frozenset({K.REPORT}),
    E.PLAN_MAINTAINED: frozenset({K.REPORT, K.REVIEW_DECISION, K.AMENDED_FINAL, K.REVIEW, K.FINAL}),
    E.AMENDMENT_PROPOSED: frozenset({K.REPORT, K.REVIEW_DECISION, K.REVIEW, K.AMENDED_FINAL}),
    E.CEASE_NOTIFIED: frozenset({K.REPORT, K.REVIEW_DECISION, K.AMENDED_FINAL}),
    E.CEASE_ABANDONED: frozenset({K.APPEAL, K.REPORT, K.REVIEW_DECISION, K.AMENDED_FINAL}),
    E.MEDIATION_ARRANGED: frozenset({K.MEDIATION}),
    E.CERTIFICATE_ISSUED: frozenset({K.MEDIATION}),
    E.APPEAL_LODGED: frozenset({K.APPEAL}),
    E.CONCEDED: frozenset({K.APPEAL, K.MEDIATION}),
    E.ORDERED: frozenset({K.APPEAL, K.MEDIATION}),
    E.DISMISSED: frozenset({K.APPEAL, K.MEDIATION}),
    E.DISPUTE_DROPPED: frozenset({K.MEDIATION}),
}

DueDateRule = Callable[[date, Periods], date]


def _days_after(period: Callable[[Periods], int]) -> DueDateRule:
    return lambda on, periods: on + timedelta(days=period(periods))


def _appeal_deadline(on: date, periods: Periods) -> date:
    return appeal_until(on, None, periods)


DEADLINES_STARTED_BY: dict[EventKind, tuple[tuple[DeadlineKind, DueDateRule], ...]] = {
    E.REQUEST_RECEIVED: (
        (K.DECIDE, decide_by),
        (K.NO_PLAN, no_plan_by),
        (K.FINAL, final_plan_by),
    ),
    E.REFUSED_TO_ASSESS: ((K.APPEAL, _appeal_deadline),),
    E.DECIDED_NOT_TO_ISSUE: ((K.APPEAL, _appeal_deadline),),
    E.DRAFT_SERVED: ((K.REPRESENTATIONS, representations_until),),
    E.FINAL_ISSUED: ((K.APPEAL, _appeal_deadline),),
    E.MEETING_HELD: (
        (K.REPORT, review_report_by),
        (K.REVIEW_DECISION, review_decision_by),
        (K.AMENDED_FINAL, amended_final_by),
    ),
    E.PLAN_MAINTAINED: ((K.REVIEW, review_due), (K.APPEAL, _appeal_deadline)),
    E.AMENDMENT_PROPOSED: ((K.REVIEW, review_due),),
    E.CEASE_NOTIFIED: ((K.APPEAL, _appeal_deadline),),
    E.REASSESSMENT_AGREED: ((K.FINAL, _days_after(lambda periods: periods.reassessment)),),
    E.MEDIATION_ADVICE: ((K.MEDIATION, _days_after(lambda periods: periods.mediation)),),
}

ORDER_DEADLINES: dict[CaseState, tuple[tuple[DeadlineKind, DueDateRule], ...]] = {
    CaseState.ASSESSING: (
        (K.NO_PLAN, _days_after(lambda periods: periods.ordered_no_plan)),
        (K.FINAL, _days_after(lambda periods: periods.ordered_final_after_assessment)),
    ),
    CaseState.DRAFT_PLAN: (
        (K.DRAFT, _days_after(lambda periods: periods.ordered_draft)),
        (K.FINAL, _days_after(lambda periods: periods.ordered_final)),
    ),
    CaseState.AMENDING: (
        (K.AMENDED_FINAL, _days_after(lambda periods: periods.ordered_amendment)),
    ),
}
"""Deadlines started by a Tribunal order or a concession, by new state (Reg. 44)."""


def compute_deadlines(
    events: Iterable[PastEvent], periods: Periods = STATUTORY_PERIODS
) -> list[Deadline]:
    """Compute the deadlines running after a sequence of events, earliest first."""
    running_by_kind: dict[DeadlineKind, Deadline] = {}
    status: CaseStatus | None = None
    meeting_date: date | None = None
    decision_date: date | None = None
    for index, event in enumerate(events):
        status = apply_event(status, event.kind)
        for kind in DEADLINES_ENDED_BY.get(event.kind, frozenset()):
            running_by_kind.pop(kind, None)
        due_dates = {
            kind: rule(event.on, periods) for kind, rule in DEADLINES_STARTED_BY.get(event.kind, ())
        }
        match event.kind:
            case E.MEETING_HELD:
                meeting_date = event.on
            case E.AMENDMENT_PROPOSED:
                due_dates[K.AMENDED_FINAL] = amended_final_after(event.on, meeting_date, periods)
            case E.FINAL_ISSUED if K.REVIEW not in running_by_kind:
                due_dates[K.REVIEW] = review_due(event.on, periods)
            case E.ORDERED | E.CONCEDED:
                rules = ORDER_DEADLINES.get(status.state, ())
                due_dates |= {kind: rule(event.on, periods) for kind, rule in rules}
            case E.CERTIFICATE_ISSUED if decision_date and K.APPEAL in running_by_kind:
                due_dates[K.APPEAL] = appeal_until(decision_date, event.on, periods)
        running_by_kind |= {kind: Deadline(kind, due, index) for kind, due in due_dates.items()}
        if any(kind is K.APPEAL for kind, _ in DEADLINES_STARTED_BY.get(event.kind, ())):
            decision_date = event.on
    return sorted(running_by_kind.values(), key=lambda deadline: deadline.due)


def next_deadline(deadlines: Iterable[Deadline]) -> Deadline | None:
    """Return the first of the authority's deadlines, or None."""
    return next((item for item in deadlines if item.kind not in FAMILY_DEADLINES), None)
