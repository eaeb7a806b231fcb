"""The table of a case's events: when each is allowed, and the state it leads to."""

from shared.cases.dispute_rules import DISPUTE_RULES
from shared.cases.events import EventKind, Rule
from shared.cases.state_sets import (
    ASSESSMENT_STATES,
    FAMILY_TOLD,
    FROM_REQUEST,
    OPEN_STATES,
    PLAN_IN_FORCE,
    REASON,
    WITH_PLAN,
)
from shared.cases.states import UNDECIDED, CaseState

E, S = EventKind, CaseState

RULES: dict[EventKind, Rule] = {
    E.REQUEST_RECEIVED: Rule(
        "Receive a request", "Request received", frozenset(), S.SUBMITTED, by_officer=False
    ),
    E.BECAME_RESPONSIBLE: Rule(
        "Become responsible for the child",
        "Became responsible for the child",
        frozenset(),
        S.SUBMITTED,
        reason="How the authority became responsible",
        by_officer=False,
    ),
    E.PLAN_TRANSFERRED_IN: Rule(
        "Take over a plan from another authority",
        "Plan transferred from another authority",
        frozenset(),
        S.FINAL_PLAN,
        reason="The authority that it comes from",
        day="Day of the last review, or of the plan",
        day_required=True,
        by_officer=False,
    ),
    E.TRANSFER_NOTIFIED: Rule(
        "Tell the family of the transfer",
        "Family told of the transfer",
        WITH_PLAN,
        None,
        reason="Whether and when you will review or assess",
    ),
    E.REQUEST_ACCEPTED: Rule(
        "Accept the request", "Request accepted", frozenset({S.SUBMITTED}), S.DECIDING
    ),
    E.RETURNED: Rule(
        "Return it for information",
        "Request returned for information",
        frozenset({S.SUBMITTED, S.DECIDING}),
        S.RETURNED_FOR_INFO,
        reason=REASON,
        by_officer=False,
    ),
    E.RESUBMITTED: Rule(
        "Take it as submitted again",
        "Request submitted again",
        frozenset({S.RETURNED_FOR_INFO}),
        S.SUBMITTED,
        by_officer=False,
    ),
    E.WITHDRAWN: Rule(
        "Record that it was withdrawn",
        "Request withdrawn",
        FROM_REQUEST,
        S.WITHDRAWN,
        follows="The case is closed and its deadlines end. A new request opens a new case.",
    ),
    E.JOINED: Rule(
        "Join to another request",
        "Joined to another request of the child",
        UNDECIDED,
        S.JOINED,
        by_officer=False,
    ),
    E.DECIDED_TO_ASSESS: Rule("Decide to assess", "Decided to assess", UNDECIDED, S.ASSESSING),
    E.REFUSED_TO_ASSESS: Rule(
        "Refuse to assess",
        "Decided not to assess",
        UNDECIDED,
        S.REFUSED_TO_ASSESS,
        reason=REASON,
        follows=FAMILY_TOLD,
    ),
    E.ORDER_NOTIFIED: Rule(
        "Tell the family that you assess",
        "Family told of the assessment ordered",
        frozenset({S.ASSESSING, S.REASSESSING}),
        None,
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
        reason=REASON,
        follows=FAMILY_TOLD,
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
        ASSESSMENT_STATES | {S.REPRESENTATIONS, S.AMENDING},
        None,
        reason="What they say",
        reason_required=False,
        document=True,
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
        follows="The plan is in force from that day, and the family may appeal against it.",
    ),
    E.REVIEW_CALLED: Rule(
        "Call a review meeting",
        "Review meeting called",
        frozenset({S.FINAL_PLAN, S.MAINTAINED, S.REVIEW_DUE}),
        S.REVIEW_DUE,
        reason="Who is invited",
        day="Day of the meeting",
        day_required=True,
    ),
    E.REVIEW_PAPERS_SENT: Rule(
        "Send round the advice for the review",
        "Advice for the review sent round",
        frozenset({S.REVIEW_DUE}),
        None,
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
        follows=FAMILY_TOLD,
    ),
    E.AMENDMENT_PROPOSED: Rule(
        "Propose changes to the plan",
        "Changes to the plan proposed",
        PLAN_IN_FORCE | {S.MEETING, S.REASSESSING},
        S.AMENDING,
    ),
    E.NOT_AMENDED: Rule(
        "Decide not to change the plan",
        "Decided not to change the plan",
        frozenset({S.AMENDING}),
        S.MAINTAINED,
        reason=REASON,
        follows=FAMILY_TOLD,
    ),
    E.CEASE_CONSULTED: Rule(
        "Consult on ceasing the plan",
        "Consulting on ceasing the plan",
        PLAN_IN_FORCE | {S.MEETING},
        S.CEASE_CONSULTING,
        reason=REASON,
    ),
    E.CEASE_NOTIFIED: Rule(
        "Give notice of ceasing",
        "Notice given that the plan ceases",
        frozenset({S.CEASE_CONSULTING}),
        S.CEASE_NOTICE,
        reason=REASON,
        follows=FAMILY_TOLD,
    ),
    E.CEASE_ABANDONED: Rule(
        "Keep the plan after all",
        "Decided to keep the plan after all",
        frozenset({S.CEASE_CONSULTING, S.CEASE_NOTICE}),
        S.MAINTAINED,
    ),
    E.CEASED: Rule(
        "Cease the plan",
        "Plan ceased",
        frozenset({S.CEASE_NOTICE}),
        S.CEASED,
        follows="The plan is no longer in force, and the case is closed.",
    ),
    E.PHASE_TRANSFER_SET: Rule(
        "Set the phase transfer",
        "Phase transfer set",
        WITH_PLAN,
        None,
        day="Last day to name the next setting",
        day_required=True,
    ),
    E.PHASE_TRANSFER_NAMED: Rule(
        "Record that the plan names the next setting",
        "Plan names the setting after the phase transfer",
        WITH_PLAN,
        None,
    ),
    E.REASSESSMENT_REQUESTED: Rule(
        "Record a request to assess again",
        "Another assessment requested",
        WITH_PLAN,
        None,
        reason="Who asked",
    ),
    E.REASSESSMENT_AGREED: Rule(
        "Agree to assess again", "Agreed to assess again", PLAN_IN_FORCE, S.REASSESSING
    ),
    E.REASSESSMENT_REFUSED: Rule(
        "Refuse to assess again",
        "Decided not to assess again",
        WITH_PLAN,
        None,
        reason=REASON,
        follows=FAMILY_TOLD,
    ),
    E.MOVE_LEARNED: Rule(
        "Record that the family moves away",
        "Learned that the family moves to another authority",
        OPEN_STATES,
        None,
        reason="The new authority",
        day="Day of the move",
        day_required=True,
    ),
    E.MOVE_CANCELLED: Rule(
        "Record that the family does not move",
        "Family does not move to another authority",
        OPEN_STATES,
        None,
    ),
    E.TRANSFERRED_OUT: Rule(
        "Transfer to another authority",
        "Transferred to another authority",
        OPEN_STATES,
        S.TRANSFERRED_OUT,
        reason="The new authority",
        follows="The case is closed here: the new authority is responsible from that day.",
    ),
    E.RECOMMENDED: Rule(
        "Record a recommendation on social care",
        "Tribunal recommended health or social care",
        WITH_PLAN,
        None,
        reason="What is recommended",
    ),
    E.RECOMMENDATION_ANSWERED: Rule(
        "Record the reply to the recommendation", "Recommendation answered", WITH_PLAN, None
    ),
    E.DAY_CORRECTED: Rule(
        "Correct the day of the request",
        "Day of the request corrected",
        FROM_REQUEST,
        None,
        reason=REASON,
        by_officer=False,
    ),
    **DISPUTE_RULES,
}
