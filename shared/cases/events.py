"""The events of a case: when each is allowed, and the state it leads to.

Sources: the Children and Families Act 2014 (CFA) and the Special Educational Needs and Disability
Regulations 2014 (Reg.). A dispute runs alongside the state: a plan stays in force during it.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from shared.cases.clock import STATUTORY_PERIODS, Periods, appeal_until, representations_until
from shared.cases.states import ENDED, UNDECIDED, CaseState

S = CaseState


class EventKind(StrEnum):
    """The events of a case."""

    REQUEST_RECEIVED = "request_received"
    REQUEST_ACCEPTED = "request_accepted"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    DECIDED_TO_ASSESS = "decided_to_assess"
    REFUSED_TO_ASSESS = "refused_to_assess"
    DECIDED_TO_ISSUE = "decided_to_issue"
    DECIDED_NOT_TO_ISSUE = "decided_not_to_issue"
    DRAFT_SERVED = "draft_served"
    REPRESENTATIONS_RECORDED = "representations_recorded"
    DRAFT_CHANGED = "draft_changed"
    FINAL_ISSUED = "final_issued"
    REVIEW_CALLED = "review_called"
    MEETING_HELD = "meeting_held"
    REPORT_SENT = "report_sent"
    PLAN_MAINTAINED = "plan_maintained"
    AMENDMENT_PROPOSED = "amendment_proposed"
    CEASE_CONSULTED = "cease_consulted"
    CEASE_NOTIFIED = "cease_notified"
    CEASE_ABANDONED = "cease_abandoned"
    CEASED = "ceased"
    REASSESSMENT_AGREED = "reassessment_agreed"
    TRANSFERRED_OUT = "transferred_out"
    MEDIATION_ADVICE = "mediation_advice"
    MEDIATION_ARRANGED = "mediation_arranged"
    CERTIFICATE_ISSUED = "certificate_issued"
    APPEAL_LODGED = "appeal_lodged"
    ORDERED = "ordered"
    CONCEDED = "conceded"
    DISMISSED = "dismissed"
    DISPUTE_DROPPED = "dispute_dropped"
    DAY_CORRECTED = "day_corrected"


class Dispute(StrEnum):
    """The stage of a dispute about a decision (CFA s.51 to 57)."""

    MEDIATION_ADVICE = "mediation_advice"
    MEDIATION = "mediation"
    CERTIFICATE = "certificate"
    APPEAL = "appeal"


class CaseStatus(NamedTuple):
    """The state of a case and of any dispute about it."""

    state: CaseState
    dispute: Dispute | None = None


class PastEvent(NamedTuple):
    """An event and its day in London."""

    kind: EventKind
    on: date


class Rule(NamedTuple):
    """An event's source states, target state (None for no change) and texts.

    `action` is the officer's menu item and `label` the text in the timeline. `reason` is
    True if a reason is required, and `by_officer` is False for events caused by a form.
    """

    action: str
    label: str
    source: frozenset[CaseState]
    to: CaseState | None
    reason: bool = False
    by_officer: bool = True


OPEN_STATES = frozenset(CaseState) - ENDED
PLAN_IN_FORCE = frozenset({S.FINAL_PLAN, S.REVIEW_DUE, S.MAINTAINED})
FROM_REQUEST = UNDECIDED | {S.ASSESSING, S.DRAFT_PLAN, S.REPRESENTATIONS}
"""States in which statutory periods run from the receipt of the request."""
DISPUTABLE = frozenset(
    {S.REFUSED_TO_ASSESS, S.NOT_ISSUED, S.FINAL_PLAN, S.MAINTAINED, S.CEASE_NOTICE}
)

E = EventKind

RULES: dict[EventKind, Rule] = {
    E.REQUEST_RECEIVED: Rule(
        "Receive a request", "Request received", frozenset(), S.SUBMITTED, by_officer=False
    ),
    E.REQUEST_ACCEPTED: Rule(
        "Accept the request", "Request accepted", frozenset({S.SUBMITTED}), S.DECIDING
    ),
    E.RETURNED: Rule(
        "Return it for information",
        "Request returned for information",
        frozenset({S.SUBMITTED, S.DECIDING}),
        S.RETURNED_FOR_INFO,
        reason=True,
        by_officer=False,
    ),
    E.RESUBMITTED: Rule(
        "Take it as submitted again",
        "Request submitted again",
        frozenset({S.RETURNED_FOR_INFO}),
        S.SUBMITTED,
        by_officer=False,
    ),
    E.WITHDRAWN: Rule("Record that it was withdrawn", "Request withdrawn", UNDECIDED, S.WITHDRAWN),
    E.JOINED: Rule(
        "Join to another request",
        "Joined to another request of the child",
        UNDECIDED,
        S.JOINED,
        by_officer=False,
    ),
    E.DECIDED_TO_ASSESS: Rule("Decide to assess", "Decided to assess", UNDECIDED, S.ASSESSING),
    E.REFUSED_TO_ASSESS: Rule(
        "Refuse to assess", "Decided not to assess", UNDECIDED, S.REFUSED_TO_ASSESS, reason=True
    ),
    E.DECIDED_TO_ISSUE: Rule(
        "Decide to issue a plan",
        "Decided to issue a plan",
        frozenset({S.ASSESSING, S.REASSESSING}),
        S.DRAFT_PLAN,
    ),
    E.DECIDED_NOT_TO_ISSUE: Rule(
        "Decide not to issue a plan",
        "Decided not to issue a plan",
        frozenset({S.ASSESSING}),
        S.NOT_ISSUED,
        reason=True,
    ),
    E.DRAFT_SERVED: Rule(
        "Send the draft plan",
        "Draft plan sent to the family",
        frozenset({S.DRAFT_PLAN}),
        S.REPRESENTATIONS,
    ),
    E.REPRESENTATIONS_RECORDED: Rule(
        "Record the family's views",
        "Views of the family recorded",
        frozenset({S.REPRESENTATIONS}),
        None,
    ),
    E.DRAFT_CHANGED: Rule(
        "Change the draft plan",
        "Draft plan changed, to be sent again",
        frozenset({S.REPRESENTATIONS}),
        S.DRAFT_PLAN,
    ),
    E.FINAL_ISSUED: Rule(
        "Issue the final plan",
        "Final plan issued",
        frozenset({S.REPRESENTATIONS, S.AMENDING}),
        S.FINAL_PLAN,
    ),
    E.REVIEW_CALLED: Rule(
        "Call a review meeting",
        "Review meeting called",
        frozenset({S.FINAL_PLAN, S.MAINTAINED}),
        S.REVIEW_DUE,
    ),
    E.MEETING_HELD: Rule(
        "Record a review meeting", "Review meeting held", PLAN_IN_FORCE, S.MEETING
    ),
    E.REPORT_SENT: Rule(
        "Record the meeting's report", "Report of the meeting sent", frozenset({S.MEETING}), None
    ),
    E.PLAN_MAINTAINED: Rule(
        "Keep the plan as it is",
        "Decided to keep the plan as it is",
        frozenset({S.MEETING, S.REASSESSING}),
        S.MAINTAINED,
    ),
    E.AMENDMENT_PROPOSED: Rule(
        "Propose changes to the plan",
        "Changes to the plan proposed",
        frozenset({S.MEETING}),
        S.AMENDING,
    ),
    E.CEASE_CONSULTED: Rule(
        "Consult on ceasing the plan",
        "Consulting on ceasing the plan",
        PLAN_IN_FORCE | {S.MEETING},
        S.CEASE_CONSULTING,
        reason=True,
    ),
    E.CEASE_NOTIFIED: Rule(
        "Give notice of ceasing",
        "Notice given that the plan ceases",
        frozenset({S.CEASE_CONSULTING}),
        S.CEASE_NOTICE,
        reason=True,
    ),
    E.CEASE_ABANDONED: Rule(
        "Keep the plan after all",
        "Decided to keep the plan after all",
        frozenset({S.CEASE_CONSULTING, S.CEASE_NOTICE}),
        S.MAINTAINED,
    ),
    E.CEASED: Rule("Cease the plan", "Plan ceased", frozenset({S.CEASE_NOTICE}), S.CEASED),
    E.REASSESSMENT_AGREED: Rule(
        "Agree to assess again", "Agreed to assess again", PLAN_IN_FORCE, S.REASSESSING
    ),
    E.TRANSFERRED_OUT: Rule(
        "Transfer to another authority",
        "Transferred to another authority",
        OPEN_STATES,
        S.TRANSFERRED_OUT,
        reason=True,
    ),
    E.MEDIATION_ADVICE: Rule(
        "Record mediation advice", "Family took mediation advice", DISPUTABLE, None
    ),
    E.MEDIATION_ARRANGED: Rule(
        "Record mediation", "Mediation arranged", frozenset(CaseState), None
    ),
    E.CERTIFICATE_ISSUED: Rule(
        "Record a mediation certificate",
        "Mediation certificate issued",
        frozenset(CaseState),
        None,
    ),
    E.APPEAL_LODGED: Rule(
        "Record an appeal", "Family appealed to the Tribunal", frozenset(CaseState), None
    ),
    E.ORDERED: Rule(
        "Record the Tribunal's order",
        "Tribunal decided for the family",
        frozenset(CaseState),
        None,
        reason=True,
    ),
    E.CONCEDED: Rule("Concede", "Authority conceded", frozenset(CaseState), None, reason=True),
    E.DISMISSED: Rule(
        "Record a dismissed appeal", "Tribunal dismissed the appeal", frozenset(CaseState), None
    ),
    E.DISPUTE_DROPPED: Rule(
        "Record that it goes no further",
        "Family goes no further with the dispute",
        frozenset(CaseState),
        None,
    ),
    E.DAY_CORRECTED: Rule(
        "Correct the day of the request",
        "Day of the request corrected",
        FROM_REQUEST,
        None,
        reason=True,
    ),
}

D = Dispute

DISPUTES: dict[EventKind, tuple[frozenset[Dispute | None], Dispute | None]] = {
    E.MEDIATION_ADVICE: (frozenset({None}), D.MEDIATION_ADVICE),
    E.MEDIATION_ARRANGED: (frozenset({D.MEDIATION_ADVICE}), D.MEDIATION),
    E.CERTIFICATE_ISSUED: (frozenset({D.MEDIATION_ADVICE, D.MEDIATION}), D.CERTIFICATE),
    E.APPEAL_LODGED: (frozenset({D.CERTIFICATE, None}), D.APPEAL),
    E.ORDERED: (frozenset({D.APPEAL}), None),
    E.CONCEDED: (frozenset(Dispute), None),
    E.DISMISSED: (frozenset({D.APPEAL}), None),
    E.DISPUTE_DROPPED: (frozenset(Dispute), None),
}
"""The dispute stages that an event requires, and the stage it leads to."""

STATE_AFTER_FAMILY_WINS: dict[CaseState, CaseState] = {
    S.REFUSED_TO_ASSESS: S.ASSESSING,
    S.NOT_ISSUED: S.DRAFT_PLAN,
    S.FINAL_PLAN: S.AMENDING,
    S.REVIEW_DUE: S.AMENDING,
    S.MEETING: S.AMENDING,
    S.MAINTAINED: S.AMENDING,
    S.CEASE_CONSULTING: S.MAINTAINED,
    S.CEASE_NOTICE: S.MAINTAINED,
}
"""The state of a case after the family wins; states not listed do not change."""

NOT_DURING_DISPUTE = frozenset({E.CEASED, E.REASSESSMENT_AGREED})
"""Events not allowed during a dispute, because the plan stays in force."""


def allowed_events(status: CaseStatus | None) -> list[EventKind]:
    """List the events allowed next; a new case allows only the receipt of a request."""
    if status is None:
        return [EventKind.REQUEST_RECEIVED]
    return [kind for kind in EventKind if _is_allowed(status, kind)]


def _is_allowed(status: CaseStatus, kind: EventKind) -> bool:
    if status.state not in RULES[kind].source:
        return False
    if kind in NOT_DURING_DISPUTE:
        return status.dispute is None
    if kind not in DISPUTES:
        return True
    # Only an appeal about the placement alone needs no certificate (CFA s.55(2)).
    if kind is EventKind.APPEAL_LODGED and status.dispute is None:
        return status.state in {S.FINAL_PLAN, S.MAINTAINED}
    return status.dispute in DISPUTES[kind][0]


class NotAllowed(ValueError):
    """Raised for an event not allowed in this state or on this day, with a message for users."""


def apply_event(status: CaseStatus | None, kind: EventKind) -> CaseStatus:
    """Return the status after an event; raises NotAllowed."""
    if kind not in allowed_events(status):
        raise NotAllowed(f"{RULES[kind].action} can't be done where this case stands.")
    if status is None:
        return CaseStatus(S.SUBMITTED)
    state = RULES[kind].to or status.state
    if kind in {EventKind.ORDERED, EventKind.CONCEDED}:
        state = STATE_AFTER_FAMILY_WINS.get(status.state, status.state)
    dispute = DISPUTES[kind][1] if kind in DISPUTES else status.dispute
    return CaseStatus(state, None if state in {S.TRANSFERRED_OUT, S.CEASED} else dispute)


def case_status(events: Iterable[PastEvent]) -> CaseStatus | None:
    """Return the status after a sequence of events; raises NotAllowed."""
    status: CaseStatus | None = None
    for event in events:
        status = apply_event(status, event.kind)
    return status


def require_possible_day(
    events: list[PastEvent],
    kind: EventKind,
    on: date,
    today: date,
    periods: Periods = STATUTORY_PERIODS,
) -> None:
    """Raise NotAllowed if an event is impossible on a day.

    The day must not be in the future or out of order. A final plan can't be issued before the
    family's time for views is over (Reg. 13(1)), and a plan can't cease while an appeal is
    possible (CFA s.45(4)).
    """
    if on > today:
        raise NotAllowed("The date must be today or in the past.")
    days = [event.on for event in events if event.kind is not EventKind.DAY_CORRECTED]
    if kind is EventKind.DAY_CORRECTED:
        if days[1:] and on > days[1]:
            raise NotAllowed(f"The date must not be after {days[1]:%d/%m/%Y}, the next event's.")
    elif days and on < days[-1]:
        raise NotAllowed(f"The date must not be before {days[-1]:%d/%m/%Y}, the last event's.")
    if kind is EventKind.FINAL_ISSUED and (served_on := _last_date(events, EventKind.DRAFT_SERVED)):
        views_date = _last_date(events, EventKind.REPRESENTATIONS_RECORDED)
        last_day = representations_until(served_on, periods)
        if on <= last_day and not (views_date and views_date >= served_on):
            raise NotAllowed(
                f"The family may give their views until {last_day:%d/%m/%Y}. Record their views "
                "first, or wait until that day is over."
            )
    if kind is EventKind.CEASED and (notice_date := _last_date(events, EventKind.CEASE_NOTIFIED)):
        certificate_date = _last_date(events, EventKind.CERTIFICATE_ISSUED)
        last_day = appeal_until(
            notice_date,
            certificate_date if certificate_date and certificate_date >= notice_date else None,
            periods,
        )
        if on <= last_day and not _dismissed_since(events, notice_date):
            raise NotAllowed(f"The family may appeal until {last_day:%d/%m/%Y}.")


def _last_date(events: Iterable[PastEvent], kind: EventKind) -> date | None:
    return max((event.on for event in events if event.kind is kind), default=None)


def _dismissed_since(events: Iterable[PastEvent], notice_date: date) -> bool:
    dismissed_on = _last_date(events, EventKind.DISMISSED)
    return dismissed_on is not None and dismissed_on >= notice_date
