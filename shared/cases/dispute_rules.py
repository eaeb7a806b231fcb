"""The events of a dispute: mediation, appeal, and the Tribunal's orders (CFA s.51 to 57)."""

from shared.cases.events import Dispute, EventKind, Rule
from shared.cases.state_sets import (
    ANY_STATE,
    DISPUTABLE,
    OPEN_STATES,
    PLAN_IN_FORCE,
    REASON,
    WITH_PLAN,
)
from shared.cases.states import CaseState

E, S, D = EventKind, CaseState, Dispute

DISPUTE_RULES: dict[EventKind, Rule] = {
    E.MEDIATION_ADVICE: Rule(
        "Record mediation advice", "Family took mediation advice", DISPUTABLE, None
    ),
    E.MEDIATION_WANTED: Rule(
        "Record that the family wants mediation",
        "Family told the authority that they want mediation",
        DISPUTABLE,
        None,
    ),
    E.MEDIATION_ARRANGED: Rule(
        "Record mediation", "Mediation arranged", ANY_STATE, None, day="Day of the mediation"
    ),
    E.MEDIATION_AGREED: Rule(
        "Record a mediation agreement",
        "Agreed in mediation",
        ANY_STATE,
        None,
        reason="What was agreed",
        day="Day agreed for it, if there is one",
    ),
    E.MEDIATION_AGREED_OTHER: Rule(
        "Record an agreement on what can't be appealed",
        "Agreed in mediation on what can't be appealed",
        ANY_STATE,
        None,
        reason="What was agreed",
        day="Day agreed for it, if there is one",
    ),
    E.AGREEMENT_KEPT: Rule(
        "Record that the agreement was kept",
        "Mediation agreement kept",
        OPEN_STATES | DISPUTABLE,
        None,
    ),
    E.CERTIFICATE_ISSUED: Rule(
        "Record a mediation certificate", "Mediation certificate issued", ANY_STATE, None
    ),
    E.APPEAL_LODGED: Rule("Record an appeal", "Family appealed to the Tribunal", ANY_STATE, None),
    E.APPEAL_ANSWERED: Rule(
        "Record the response to the appeal", "Authority responded to the appeal", ANY_STATE, None
    ),
    E.EVIDENCE_DUE: Rule(
        "Record the day for evidence",
        "Day for evidence set by the Tribunal",
        ANY_STATE,
        None,
        day="Last day for evidence",
        day_required=True,
    ),
    E.EVIDENCE_SENT: Rule(
        "Record that the evidence was sent", "Evidence sent to the Tribunal", ANY_STATE, None
    ),
    E.HEARING_SET: Rule(
        "Record the hearing",
        "Hearing set by the Tribunal",
        ANY_STATE,
        None,
        day="Day of the hearing",
        day_required=True,
    ),
    E.ORDERED_TO_ASSESS: Rule(
        "Record the order to assess",
        "Tribunal ordered an assessment",
        frozenset({S.REFUSED_TO_ASSESS}),
        S.ASSESSING,
        reason="What the order says",
    ),
    E.ORDERED_TO_MAKE_PLAN: Rule(
        "Record the order to make a plan",
        "Tribunal ordered a plan",
        frozenset({S.NOT_ISSUED}),
        S.DRAFT_PLAN,
        reason="What the order says",
    ),
    E.ORDERED_TO_RECONSIDER: Rule(
        "Record the order to reconsider",
        "Tribunal referred the decision back",
        frozenset({S.NOT_ISSUED}),
        S.ASSESSING,
        reason="What the order says",
    ),
    E.ORDERED_TO_REASSESS: Rule(
        "Record the order to assess again",
        "Tribunal ordered another assessment",
        PLAN_IN_FORCE | {S.MEETING},
        S.REASSESSING,
        reason="What the order says",
    ),
    E.ORDERED_TO_AMEND: Rule(
        "Record the order to change the plan",
        "Tribunal ordered changes to the plan",
        WITH_PLAN - {S.REASSESSING},
        S.AMENDING,
        reason="What the order says",
    ),
    E.ORDERED_TO_NAME_SETTING: Rule(
        "Record the order to name a school or type",
        "Tribunal ordered the school or type named in the plan",
        WITH_PLAN - {S.REASSESSING},
        S.AMENDING,
        reason="What the order says",
    ),
    E.ORDERED_TO_MAINTAIN: Rule(
        "Record the order to keep the plan",
        "Tribunal ordered that the plan goes on",
        frozenset({S.CEASE_CONSULTING, S.CEASE_NOTICE}),
        S.MAINTAINED,
        reason="What the order says",
    ),
    E.ORDERED: Rule(
        "Record the Tribunal's order",
        "Tribunal decided for the family",
        ANY_STATE,
        None,
        reason=REASON,
        by_officer=False,
    ),
    E.CONCEDED: Rule("Concede", "Authority conceded", ANY_STATE, None, reason="What is conceded"),
    E.CONCEDED_TO_REASSESS: Rule(
        "Concede another assessment",
        "Authority conceded another assessment",
        PLAN_IN_FORCE | {S.MEETING},
        S.REASSESSING,
        reason="What is conceded",
    ),
    E.DISMISSED: Rule(
        "Record a dismissed appeal", "Tribunal dismissed the appeal", ANY_STATE, None
    ),
    E.DISPUTE_DROPPED: Rule(
        "Record that it goes no further",
        "Family goes no further with the dispute",
        ANY_STATE,
        None,
    ),
}

APPEAL_ONLY = frozenset({D.APPEAL})
_AT_APPEAL = (APPEAL_ONLY, D.APPEAL)
_APPEAL_DECIDED = (APPEAL_ONLY, None)
_IN_MEDIATION = frozenset({D.MEDIATION_WANTED, D.MEDIATION})

DISPUTES: dict[EventKind, tuple[frozenset[Dispute | None], Dispute | None]] = {
    E.MEDIATION_ADVICE: (frozenset({None}), D.MEDIATION_ADVICE),
    E.MEDIATION_WANTED: (frozenset({None, D.MEDIATION_ADVICE}), D.MEDIATION_WANTED),
    E.MEDIATION_ARRANGED: (frozenset({D.MEDIATION_ADVICE, D.MEDIATION_WANTED}), D.MEDIATION),
    E.MEDIATION_AGREED: (_IN_MEDIATION, None),
    E.MEDIATION_AGREED_OTHER: (frozenset({D.MEDIATION}), D.MEDIATION),
    E.CERTIFICATE_ISSUED: (frozenset({D.MEDIATION_ADVICE}) | _IN_MEDIATION, D.CERTIFICATE),
    E.APPEAL_LODGED: (frozenset({D.CERTIFICATE, None}), D.APPEAL),
    E.APPEAL_ANSWERED: _AT_APPEAL,
    E.EVIDENCE_DUE: _AT_APPEAL,
    E.EVIDENCE_SENT: _AT_APPEAL,
    E.HEARING_SET: _AT_APPEAL,
    E.ORDERED_TO_ASSESS: _APPEAL_DECIDED,
    E.ORDERED_TO_MAKE_PLAN: _APPEAL_DECIDED,
    E.ORDERED_TO_RECONSIDER: _APPEAL_DECIDED,
    E.ORDERED_TO_REASSESS: _APPEAL_DECIDED,
    E.ORDERED_TO_AMEND: _APPEAL_DECIDED,
    E.ORDERED_TO_NAME_SETTING: _APPEAL_DECIDED,
    E.ORDERED_TO_MAINTAIN: _APPEAL_DECIDED,
    E.ORDERED: _APPEAL_DECIDED,
    E.CONCEDED: (frozenset(Dispute), None),
    E.CONCEDED_TO_REASSESS: (frozenset(Dispute), None),
    E.DISMISSED: _APPEAL_DECIDED,
    E.DISPUTE_DROPPED: (frozenset(Dispute), None),
}
"""The dispute stages that an event requires, and the stage it leads to."""

FAMILY_WINS = frozenset({E.ORDERED, E.CONCEDED, E.MEDIATION_AGREED})
"""Events after which the state depends on what the dispute was about."""

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
