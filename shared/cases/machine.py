"""The state machine of a case: which events are allowed, and the status they lead to."""

from collections.abc import Iterable

from shared.cases.dispute_rules import DISPUTES, FAMILY_WINS, STATE_AFTER_FAMILY_WINS
from shared.cases.events import CaseStatus, EventKind, PastEvent
from shared.cases.rules import RULES
from shared.cases.states import CaseState

S = CaseState

STARTING_EVENTS = [
    EventKind.REQUEST_RECEIVED,
    EventKind.BECAME_RESPONSIBLE,
    EventKind.PLAN_TRANSFERRED_IN,
]
"""Events that open a case."""

NOT_DURING_DISPUTE = frozenset({EventKind.CEASED, EventKind.REASSESSMENT_AGREED})
"""Events not allowed during a dispute, because the plan stays in force."""


class NotAllowed(ValueError):
    """Raised for an event not allowed in this state or on this day, with a message for users."""


def allowed_events(status: CaseStatus | None) -> list[EventKind]:
    """List the events allowed next; a new case allows only those that open one."""
    if status is None:
        return STARTING_EVENTS
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


def apply_event(status: CaseStatus | None, kind: EventKind) -> CaseStatus:
    """Return the status after an event; raises NotAllowed."""
    if kind not in allowed_events(status):
        raise NotAllowed(f"{RULES[kind].action} can't be done where this case stands.")
    target = RULES[kind].to
    if status is None:
        return CaseStatus(target or S.SUBMITTED)
    state = target or status.state
    if kind in FAMILY_WINS:
        state = STATE_AFTER_FAMILY_WINS.get(status.state, status.state)
    dispute = DISPUTES[kind][1] if kind in DISPUTES else status.dispute
    return CaseStatus(state, None if state in {S.TRANSFERRED_OUT, S.CEASED} else dispute)


def case_status(events: Iterable[PastEvent]) -> CaseStatus | None:
    """Return the status after a sequence of events; raises NotAllowed."""
    status: CaseStatus | None = None
    for event in events:
        status = apply_event(status, event.kind)
    return status
