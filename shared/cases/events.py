"""The kinds of event in a case, and what a rule says about each.

Sources: the Children and Families Act 2014 (CFA) and the Special Educational Needs and Disability
Regulations 2014 (Reg.). A dispute runs alongside the state: a plan stays in force during it.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from shared.cases.states import CaseState


class EventKind(StrEnum):
    """The events of a case."""

    REQUEST_RECEIVED = "request_received"
    BECAME_RESPONSIBLE = "became_responsible"
    PLAN_TRANSFERRED_IN = "plan_transferred_in"
    TRANSFER_NOTIFIED = "transfer_notified"
    REQUEST_ACCEPTED = "request_accepted"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    DECIDED_TO_ASSESS = "decided_to_assess"
    REFUSED_TO_ASSESS = "refused_to_assess"
    ORDER_NOTIFIED = "order_notified"
    DECIDED_TO_ISSUE = "decided_to_issue"
    DECIDED_NOT_TO_ISSUE = "decided_not_to_issue"
    DRAFT_SERVED = "draft_served"
    REPRESENTATIONS_RECORDED = "representations_recorded"
    DRAFT_CHANGED = "draft_changed"
    FINAL_ISSUED = "final_issued"
    REVIEW_CALLED = "review_called"
    REVIEW_PAPERS_SENT = "review_papers_sent"
    MEETING_HELD = "meeting_held"
    REPORT_SENT = "report_sent"
    PLAN_MAINTAINED = "plan_maintained"
    AMENDMENT_PROPOSED = "amendment_proposed"
    NOT_AMENDED = "not_amended"
    CEASE_CONSULTED = "cease_consulted"
    CEASE_NOTIFIED = "cease_notified"
    CEASE_ABANDONED = "cease_abandoned"
    CEASED = "ceased"
    PHASE_TRANSFER_SET = "phase_transfer_set"
    PHASE_TRANSFER_NAMED = "phase_transfer_named"
    REASSESSMENT_REQUESTED = "reassessment_requested"
    REASSESSMENT_AGREED = "reassessment_agreed"
    REASSESSMENT_REFUSED = "reassessment_refused"
    MOVE_LEARNED = "move_learned"
    MOVE_CANCELLED = "move_cancelled"
    TRANSFERRED_OUT = "transferred_out"
    MEDIATION_ADVICE = "mediation_advice"
    MEDIATION_WANTED = "mediation_wanted"
    MEDIATION_ARRANGED = "mediation_arranged"
    MEDIATION_AGREED = "mediation_agreed"
    MEDIATION_AGREED_OTHER = "mediation_agreed_other"
    AGREEMENT_KEPT = "agreement_kept"
    CERTIFICATE_ISSUED = "certificate_issued"
    APPEAL_LODGED = "appeal_lodged"
    APPEAL_ANSWERED = "appeal_answered"
    EVIDENCE_DUE = "evidence_due"
    EVIDENCE_SENT = "evidence_sent"
    HEARING_SET = "hearing_set"
    ORDERED_TO_ASSESS = "ordered_to_assess"
    ORDERED_TO_MAKE_PLAN = "ordered_to_make_plan"
    ORDERED_TO_RECONSIDER = "ordered_to_reconsider"
    ORDERED_TO_REASSESS = "ordered_to_reassess"
    ORDERED_TO_AMEND = "ordered_to_amend"
    ORDERED_TO_NAME_SETTING = "ordered_to_name_setting"
    ORDERED_TO_MAINTAIN = "ordered_to_maintain"
    ORDERED = "ordered"
    CONCEDED = "conceded"
    CONCEDED_TO_REASSESS = "conceded_to_reassess"
    DISMISSED = "dismissed"
    RECOMMENDED = "recommended"
    RECOMMENDATION_ANSWERED = "recommendation_answered"
    DISPUTE_DROPPED = "dispute_dropped"
    DAY_CORRECTED = "day_corrected"


class Dispute(StrEnum):
    """The stage of a dispute about a decision (CFA s.51 to 57)."""

    MEDIATION_ADVICE = "mediation_advice"
    MEDIATION_WANTED = "mediation_wanted"
    MEDIATION = "mediation"
    CERTIFICATE = "certificate"
    APPEAL = "appeal"


class CaseStatus(NamedTuple):
    """The state of a case and of any dispute about it."""

    state: CaseState
    dispute: Dispute | None = None


class PastEvent(NamedTuple):
    """An event, its day in London, and the date that it sets, such as a meeting's."""

    kind: EventKind
    on: date
    day: date | None = None


class Rule(NamedTuple):
    """An event's source states, target state (None for no change) and texts.

    `action` is the officer's menu item and `label` the text in the timeline. `reason` labels a
    text, required unless `reason_required` is False, and `day` a date that the event sets, which
    `day_required` makes a must. With `document`, a document may be kept with the event, and stands
    for its text.
    `follows` says what can't be undone. `by_officer` is False for events caused by a form, and for
    those that only earlier versions recorded.
    """

    action: str
    label: str
    source: frozenset[CaseState]
    to: CaseState | None
    reason: str = ""
    day: str = ""
    day_required: bool = False
    reason_required: bool = True
    document: bool = False
    follows: str = ""
    by_officer: bool = True
