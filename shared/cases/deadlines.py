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
    appeal_response_by,
    appeal_until,
    decide_by,
    final_plan_by,
    no_plan_by,
    representations_until,
    review_after_transfer,
    review_decision_by,
    review_due,
    review_report_by,
    transfer_out_by,
)
from shared.cases.dispute_rules import FAMILY_WINS
from shared.cases.events import CaseStatus, EventKind, PastEvent
from shared.cases.machine import apply_event
from shared.cases.states import CaseState


class DeadlineKind(StrEnum):
    """The kinds of deadline; each request for advice has its own `advice` deadline."""

    DECIDE = "decide"
    ADVICE = "advice"
    ORDER_NOTICE = "order_notice"
    RECONSIDER = "reconsider"
    NO_PLAN = "no_plan"
    DRAFT = "draft"
    REPRESENTATIONS = "representations"
    FINAL = "final"
    TRANSFER_NOTICE = "transfer_notice"
    TRANSFER_OUT = "transfer_out"
    PHASE_TRANSFER = "phase_transfer"
    REVIEW_PAPERS = "review_papers"
    REVIEW_MEETING = "review_meeting"
    REVIEW = "review"
    REPORT = "report"
    REVIEW_DECISION = "review_decision"
    AMENDED_FINAL = "amended_final"
    REASSESSMENT_REPLY = "reassessment_reply"
    MEDIATION = "mediation"
    AGREEMENT = "agreement"
    APPEAL_RESPONSE = "appeal_response"
    EVIDENCE = "evidence"
    HEARING = "hearing"
    RECOMMENDATION = "recommendation"
    APPEAL = "appeal"


K = DeadlineKind


class DeadlineInfo(NamedTuple):
    """What a deadline is called, and whether professionals see it on the page of a child.

    They don't see what is between the authority and others: a family in a dispute, the Tribunal, or
    another authority.
    """

    label: str
    professionals: bool = True


DEADLINES: dict[DeadlineKind, DeadlineInfo] = {
    K.DECIDE: DeadlineInfo("Decision due"),
    K.ADVICE: DeadlineInfo("Advice due"),
    K.ORDER_NOTICE: DeadlineInfo("Notice of the assessment to the family due", professionals=False),
    K.RECONSIDER: DeadlineInfo("Decision to be reconsidered by"),
    K.NO_PLAN: DeadlineInfo("Decision whether to issue a plan due"),
    K.DRAFT: DeadlineInfo("Draft plan due"),
    K.REPRESENTATIONS: DeadlineInfo("Family may give views until"),
    K.FINAL: DeadlineInfo("Final plan due"),
    K.TRANSFER_NOTICE: DeadlineInfo(
        "Notice of the transfer to the family due", professionals=False
    ),
    K.TRANSFER_OUT: DeadlineInfo("Transfer to the new authority due", professionals=False),
    K.PHASE_TRANSFER: DeadlineInfo("Plan for the phase transfer due"),
    K.REVIEW_PAPERS: DeadlineInfo("Advice for the review to be sent round by"),
    K.REVIEW_MEETING: DeadlineInfo("Review meeting"),
    K.REVIEW: DeadlineInfo("Review due"),
    K.REPORT: DeadlineInfo("Report of the meeting due"),
    K.REVIEW_DECISION: DeadlineInfo("Decision after the review due"),
    K.AMENDED_FINAL: DeadlineInfo("Amended final plan due"),
    K.REASSESSMENT_REPLY: DeadlineInfo("Reply on another assessment due"),
    K.MEDIATION: DeadlineInfo("Mediation meeting due", professionals=False),
    K.AGREEMENT: DeadlineInfo("What was agreed in mediation due", professionals=False),
    K.APPEAL_RESPONSE: DeadlineInfo("Response to the appeal due", professionals=False),
    K.EVIDENCE: DeadlineInfo("Evidence for the Tribunal due", professionals=False),
    K.HEARING: DeadlineInfo("Hearing of the Tribunal", professionals=False),
    K.RECOMMENDATION: DeadlineInfo(
        "Reply to the Tribunal's recommendation due", professionals=False
    ),
    K.APPEAL: DeadlineInfo("Family may appeal until"),
}
DEADLINE_LABELS = {kind: info.label for kind, info in DEADLINES.items()}

FAMILY_DEADLINES = frozenset({K.REPRESENTATIONS, K.APPEAL})
"""Rights of the family with a last day, which the authority can't be late for."""

APPOINTMENTS = frozenset({K.REVIEW_MEETING, K.HEARING})
"""Days on which something takes place; nobody is late for them."""


class Deadline(NamedTuple):
    """A running deadline; `start_index` is the index of the event that started it."""

    kind: DeadlineKind
    due: date
    start_index: int


E = EventKind
ALL_KINDS = frozenset(DeadlineKind)
_DISPUTE_ENDS = frozenset({K.APPEAL, K.MEDIATION, K.APPEAL_RESPONSE, K.EVIDENCE, K.HEARING})
_REVIEW_HELD = frozenset({K.REPORT, K.REVIEW_DECISION, K.AMENDED_FINAL})
_REVIEW_CALLED = frozenset({K.REVIEW_MEETING, K.REVIEW_PAPERS})
_REVIEW_OVERTAKEN = _REVIEW_HELD | _REVIEW_CALLED
"""Deadlines of a review that a change of the plan from outside overtakes."""

DEADLINES_ENDED_BY: dict[EventKind, frozenset[DeadlineKind]] = {
    E.WITHDRAWN: ALL_KINDS,
    E.JOINED: ALL_KINDS,
    E.TRANSFERRED_OUT: ALL_KINDS,
    E.CEASED: ALL_KINDS,
    E.REFUSED_TO_ASSESS: ALL_KINDS,
    E.DECIDED_NOT_TO_ISSUE: ALL_KINDS,
    E.TRANSFER_NOTIFIED: frozenset({K.TRANSFER_NOTICE}),
    E.MOVE_CANCELLED: frozenset({K.TRANSFER_OUT}),
    E.DECIDED_TO_ASSESS: frozenset({K.DECIDE}),
    E.ORDER_NOTIFIED: frozenset({K.ORDER_NOTICE}),
    E.DECIDED_TO_ISSUE: frozenset({K.NO_PLAN, K.RECONSIDER, K.ORDER_NOTICE}),
    E.DRAFT_SERVED: frozenset({K.DRAFT}),
    E.REPRESENTATIONS_RECORDED: frozenset({K.REPRESENTATIONS}),
    E.DRAFT_CHANGED: frozenset({K.REPRESENTATIONS}),
    E.FINAL_ISSUED: frozenset({K.FINAL, K.REPRESENTATIONS, K.AMENDED_FINAL, K.ORDER_NOTICE}),
    E.REVIEW_PAPERS_SENT: frozenset({K.REVIEW_PAPERS}),
    E.MEETING_HELD: frozenset({K.REVIEW_MEETING, K.REVIEW_PAPERS}),
    E.REPORT_SENT: frozenset({K.REPORT}),
    E.PLAN_MAINTAINED: _REVIEW_HELD | {K.REVIEW, K.FINAL, K.ORDER_NOTICE},
    E.AMENDMENT_PROPOSED: frozenset(
        {K.REPORT, K.REVIEW_DECISION, K.REVIEW_MEETING, K.REVIEW_PAPERS, K.ORDER_NOTICE}
    ),
    E.NOT_AMENDED: frozenset({K.AMENDED_FINAL, K.REPRESENTATIONS, K.FINAL}),
    E.CEASE_CONSULTED: frozenset({K.REVIEW_MEETING, K.REVIEW_PAPERS}),
    E.CEASE_NOTIFIED: _REVIEW_HELD,
    E.CEASE_ABANDONED: _REVIEW_HELD | {K.APPEAL},
    E.PHASE_TRANSFER_NAMED: frozenset({K.PHASE_TRANSFER}),
    E.REASSESSMENT_AGREED: frozenset({K.REASSESSMENT_REPLY, K.REVIEW_MEETING, K.REVIEW_PAPERS}),
    E.REASSESSMENT_REFUSED: frozenset({K.REASSESSMENT_REPLY}),
    E.MEDIATION_ARRANGED: frozenset({K.MEDIATION}),
    E.MEDIATION_AGREED: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.AGREEMENT_KEPT: frozenset({K.AGREEMENT}),
    E.CERTIFICATE_ISSUED: frozenset({K.MEDIATION}),
    E.APPEAL_LODGED: frozenset({K.APPEAL}),
    E.APPEAL_ANSWERED: frozenset({K.APPEAL_RESPONSE}),
    E.EVIDENCE_SENT: frozenset({K.EVIDENCE}),
    E.CONCEDED: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED_TO_ASSESS: _DISPUTE_ENDS,
    E.ORDERED_TO_MAKE_PLAN: _DISPUTE_ENDS,
    E.ORDERED_TO_RECONSIDER: _DISPUTE_ENDS,
    E.CONCEDED_TO_REASSESS: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED_TO_REASSESS: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED_TO_AMEND: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED_TO_NAME_SETTING: _DISPUTE_ENDS | _REVIEW_OVERTAKEN,
    E.ORDERED_TO_MAINTAIN: _DISPUTE_ENDS,
    E.DISMISSED: _DISPUTE_ENDS,
    E.RECOMMENDATION_ANSWERED: frozenset({K.RECOMMENDATION}),
    E.DISPUTE_DROPPED: _DISPUTE_ENDS - {K.APPEAL},
}

ANSWERS: dict[EventKind, DeadlineKind] = {
    E.TRANSFER_NOTIFIED: K.TRANSFER_NOTICE,
    E.MOVE_CANCELLED: K.TRANSFER_OUT,
    E.ORDER_NOTIFIED: K.ORDER_NOTICE,
    E.REVIEW_PAPERS_SENT: K.REVIEW_PAPERS,
    E.PHASE_TRANSFER_NAMED: K.PHASE_TRANSFER,
    E.REASSESSMENT_REFUSED: K.REASSESSMENT_REPLY,
    E.AGREEMENT_KEPT: K.AGREEMENT,
    E.APPEAL_ANSWERED: K.APPEAL_RESPONSE,
    E.EVIDENCE_SENT: K.EVIDENCE,
    E.RECOMMENDATION_ANSWERED: K.RECOMMENDATION,
}
"""Events that are possible only while the deadline that they end is running."""

DueDateRule = Callable[[PastEvent, Periods], date | None]


def _from(rule: Callable[[date, Periods], date]) -> DueDateRule:
    return lambda event, periods: rule(event.on, periods)


def _days(period: Callable[[Periods], int]) -> DueDateRule:
    return lambda event, periods: event.on + timedelta(days=period(periods))


def _day_set(event: PastEvent, _: Periods) -> date | None:
    return event.day


def _appeal(event: PastEvent, periods: Periods) -> date:
    return appeal_until(event.on, None, periods)


def _papers(event: PastEvent, periods: Periods) -> date | None:
    """Return when advice for a review is sent round: two weeks before it (Reg. 20(4))."""
    return event.day and max(event.on, event.day - timedelta(days=periods.review_notice))


_REQUEST: tuple[tuple[DeadlineKind, DueDateRule], ...] = (
    (K.DECIDE, _from(decide_by)),
    (K.NO_PLAN, _from(no_plan_by)),
    (K.FINAL, _from(final_plan_by)),
)
_ORDERED_ASSESSMENT: tuple[tuple[DeadlineKind, DueDateRule], ...] = (
    (K.ORDER_NOTICE, _days(lambda periods: periods.order_notice)),
    (K.NO_PLAN, _days(lambda periods: periods.ordered_no_plan)),
    (K.FINAL, _days(lambda periods: periods.ordered_final_after_assessment)),
)
_ORDERED_PLAN: tuple[tuple[DeadlineKind, DueDateRule], ...] = (
    (K.DRAFT, _days(lambda periods: periods.ordered_draft)),
    (K.FINAL, _days(lambda periods: periods.ordered_final)),
)
_ORDERED_AMENDMENT: tuple[tuple[DeadlineKind, DueDateRule], ...] = (
    (K.AMENDED_FINAL, _days(lambda periods: periods.ordered_amendment)),
)

DEADLINES_STARTED_BY: dict[EventKind, tuple[tuple[DeadlineKind, DueDateRule], ...]] = {
    E.REQUEST_RECEIVED: _REQUEST,
    E.BECAME_RESPONSIBLE: _REQUEST,
    E.PLAN_TRANSFERRED_IN: (
        (K.TRANSFER_NOTICE, _days(lambda periods: periods.transfer_notice)),
        (
            K.REVIEW,
            lambda event, periods: review_after_transfer(event.on, event.day or event.on, periods),
        ),
    ),
    E.REFUSED_TO_ASSESS: ((K.APPEAL, _appeal),),
    E.DECIDED_NOT_TO_ISSUE: ((K.APPEAL, _appeal),),
    E.DRAFT_SERVED: ((K.REPRESENTATIONS, _from(representations_until)),),
    E.FINAL_ISSUED: ((K.APPEAL, _appeal),),
    E.REVIEW_CALLED: ((K.REVIEW_PAPERS, _papers), (K.REVIEW_MEETING, _day_set)),
    E.MEETING_HELD: (
        (K.REPORT, _from(review_report_by)),
        (K.REVIEW_DECISION, _from(review_decision_by)),
        (K.AMENDED_FINAL, _from(amended_final_by)),
    ),
    E.PLAN_MAINTAINED: ((K.REVIEW, _from(review_due)), (K.APPEAL, _appeal)),
    E.AMENDMENT_PROPOSED: ((K.REPRESENTATIONS, _from(representations_until)),),
    E.NOT_AMENDED: ((K.APPEAL, _appeal),),
    E.CEASE_NOTIFIED: ((K.APPEAL, _appeal),),
    E.PHASE_TRANSFER_SET: ((K.PHASE_TRANSFER, _day_set),),
    E.REASSESSMENT_REQUESTED: (
        (K.REASSESSMENT_REPLY, _days(lambda periods: periods.reassessment_reply)),
    ),
    E.REASSESSMENT_AGREED: ((K.FINAL, _days(lambda periods: periods.reassessment)),),
    E.REASSESSMENT_REFUSED: ((K.APPEAL, _appeal),),
    E.MOVE_LEARNED: (
        (
            K.TRANSFER_OUT,
            lambda event, periods: transfer_out_by(event.on, event.day or event.on, periods),
        ),
    ),
    E.MEDIATION_WANTED: ((K.MEDIATION, _days(lambda periods: periods.mediation)),),
    E.MEDIATION_AGREED_OTHER: (
        (
            K.AGREEMENT,
            lambda event, periods: event.day or event.on + timedelta(days=periods.mediation_other),
        ),
    ),
    E.APPEAL_LODGED: ((K.APPEAL_RESPONSE, _from(appeal_response_by)),),
    E.EVIDENCE_DUE: ((K.EVIDENCE, _day_set),),
    E.HEARING_SET: ((K.HEARING, _day_set),),
    E.ORDERED_TO_ASSESS: _ORDERED_ASSESSMENT,
    E.ORDERED_TO_MAKE_PLAN: _ORDERED_PLAN,
    E.ORDERED_TO_RECONSIDER: (
        (K.RECONSIDER, _days(lambda periods: periods.ordered_reconsideration)),
    ),
    E.ORDERED_TO_REASSESS: (_ORDERED_ASSESSMENT[0], _ORDERED_ASSESSMENT[2]),
    E.CONCEDED_TO_REASSESS: (_ORDERED_ASSESSMENT[0], _ORDERED_ASSESSMENT[2]),
    E.ORDERED_TO_AMEND: _ORDERED_AMENDMENT,
    E.ORDERED_TO_NAME_SETTING: ((K.AMENDED_FINAL, _days(lambda periods: periods.ordered_setting)),),
    E.RECOMMENDED: ((K.RECOMMENDATION, _days(lambda periods: periods.recommendation)),),
}

REQUESTS = frozenset({E.REQUEST_RECEIVED, E.BECAME_RESPONSIBLE})
"""Events from which 20 weeks run."""

AFTER_FAMILY_WINS: dict[CaseState, tuple[tuple[DeadlineKind, DueDateRule], ...]] = {
    CaseState.ASSESSING: _ORDERED_ASSESSMENT,
    CaseState.DRAFT_PLAN: _ORDERED_PLAN,
    CaseState.AMENDING: _ORDERED_AMENDMENT,
}
"""Deadlines after a concession or a mediation agreement, by new state (Reg. 42, 44 and 45)."""


RULES_VERSION = 4
"""Raised with each change of a rule, so that servers compute stored deadlines again."""


def compute_deadlines(
    events: Iterable[PastEvent], periods: Periods = STATUTORY_PERIODS
) -> list[Deadline]:
    """Compute the deadlines running after a sequence of events, earliest first."""
    running: dict[DeadlineKind, Deadline] = {}
    status: CaseStatus | None = None
    meeting_date: date | None = None
    decision_date: date | None = None
    for index, event in enumerate(events):
        before, status = status, apply_event(status, event.kind)
        for kind in DEADLINES_ENDED_BY.get(event.kind, frozenset()):
            running.pop(kind, None)
        due_dates = _started(event, status.state, periods)
        match event.kind:
            case E.MEETING_HELD:
                meeting_date = event.on
            case E.AMENDMENT_PROPOSED:
                due_dates |= _after_proposal(event, before, meeting_date, periods)
            case E.FINAL_ISSUED if K.REVIEW not in running:
                due_dates[K.REVIEW] = review_due(event.on, periods)
            case E.CERTIFICATE_ISSUED if decision_date and K.APPEAL in running:
                due_dates[K.APPEAL] = appeal_until(decision_date, event.on, periods)
        running |= {kind: Deadline(kind, due, index) for kind, due in due_dates.items()}
        if any(kind is K.APPEAL for kind, _ in DEADLINES_STARTED_BY.get(event.kind, ())):
            decision_date = event.on
    return sorted(running.values(), key=lambda deadline: deadline.due)


def _started(event: PastEvent, state: CaseState, periods: Periods) -> dict[DeadlineKind, date]:
    rules = DEADLINES_STARTED_BY.get(event.kind, ())
    if event.kind in FAMILY_WINS:
        rules = AFTER_FAMILY_WINS.get(state, ())
    due_dates = {kind: rule(event, periods) for kind, rule in rules}
    started = {kind: due for kind, due in due_dates.items() if due is not None}
    if event.kind is E.MEDIATION_AGREED and event.day and started:
        started[max(started, key=started.__getitem__)] = event.day  # the last one is what counts
    return started


def _after_proposal(
    event: PastEvent, before: CaseStatus | None, meeting_date: date | None, periods: Periods
) -> dict[DeadlineKind, date]:
    """Return the deadlines that depend on what led to a proposal of changes.

    After a review its year starts again. Changes without a review (Reg. 28) leave it as it is, and
    a reassessment keeps the deadline of its own (Reg. 27).
    """
    state = before.state if before else None
    if state is CaseState.REASSESSING:
        return {}
    if state is not CaseState.MEETING:
        return {K.AMENDED_FINAL: amended_final_after(event.on, None, periods)}
    return {
        K.REVIEW: review_due(event.on, periods),
        K.AMENDED_FINAL: amended_final_after(event.on, meeting_date, periods),
    }


def next_deadline(deadlines: Iterable[Deadline]) -> Deadline | None:
    """Return the first of the authority's deadlines, or None."""
    others = FAMILY_DEADLINES | APPOINTMENTS
    return next((item for item in deadlines if item.kind not in others), None)
