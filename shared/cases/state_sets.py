"""Sets of states that the rules of a case share."""

from shared.cases.states import ENDED, UNDECIDED, CaseState

S = CaseState

OPEN_STATES = frozenset(CaseState) - ENDED
PLAN_IN_FORCE = frozenset({S.FINAL_PLAN, S.REVIEW_DUE, S.MAINTAINED})
WITH_PLAN = PLAN_IN_FORCE | {
    S.MEETING,
    S.AMENDING,
    S.REASSESSING,
    S.CEASE_CONSULTING,
    S.CEASE_NOTICE,
}
"""States in which a plan has been issued and has not ceased."""
FROM_REQUEST = UNDECIDED | {S.ASSESSING, S.DRAFT_PLAN, S.REPRESENTATIONS}
"""States in which statutory periods run from the receipt of the request."""
ASSESSMENT_STATES = UNDECIDED | {S.ASSESSING, S.REASSESSING}
"""States before the decision to issue a plan, for which the family's views are sought (Reg. 7)."""
ADVICE_STATES = frozenset({S.ASSESSING, S.REASSESSING, S.DRAFT_PLAN, S.REPRESENTATIONS})
"""States in which advice can be asked for: from the decision to assess until the plan is final."""
ASSESSED = frozenset(CaseState) - UNDECIDED - ADVICE_STATES
"""States after an assessment, in which advice asked for it is awaited no longer."""
DISPUTABLE = frozenset({S.REFUSED_TO_ASSESS, S.NOT_ISSUED}) | (WITH_PLAN - {S.REASSESSING})
ANY_STATE = frozenset(CaseState)

REASON = "Reason"
FAMILY_TOLD = "The family is to be told in writing, with the reasons and how to appeal."
