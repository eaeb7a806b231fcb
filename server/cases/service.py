"""Cases: opened by a request, moved from state to state, told by the law's clock."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from server.cases.tables import Case, CaseEvent
from server.core.audit import Action, record
from server.core.database import Transaction
from shared.cases import ENDED, STAGE_OF, CaseState, Stage, StageOut
from shared.clock import (
    decide_by,
    final_plan_by,
    no_plan_by,
    representations_until,
    review_due,
)
from shared.days import london_day

COUNCIL = "The Local Authority"


class Told(NamedTuple):
    """What 'What happens now?' says of a state."""

    words: str
    now: str
    due_words: str


TOLD: dict[CaseState, Told] = {
    CaseState.SUBMITTED: Told(
        "Request received",
        f"{COUNCIL} must decide within 6 weeks of receiving the request whether an EHC needs "
        "assessment is necessary.",
        "Decision due",
    ),
    CaseState.DECIDING: Told(
        "Deciding whether to assess",
        f"{COUNCIL} is looking at the request and must decide within 6 weeks of receiving it "
        "whether an EHC needs assessment is necessary.",
        "Decision due",
    ),
    CaseState.REFUSED_TO_ASSESS: Told(
        "Not assessing",
        "The family has been told why, and how to appeal or ask for mediation. A new request "
        "can be made.",
        "",
    ),
    CaseState.ASSESSING: Told(
        "Assessing",
        "Everyone who was asked for advice has 6 weeks from being asked. The plan, if there is "
        "to be one, is due 20 weeks after the request.",
        "Decision whether to issue a plan due",
    ),
    CaseState.NOT_ISSUED: Told(
        "No plan issued",
        "The family has been told why, and how to appeal. A new request can be made.",
        "",
    ),
    CaseState.DRAFT_PLAN: Told(
        "Draft plan",
        "The draft goes to the family, who can comment and name a school or college.",
        "Final plan due",
    ),
    CaseState.REPRESENTATIONS: Told(
        "Draft plan with the family",
        "The family has at least 15 days to give their views and to name a school or college.",
        "Views of the family due",
    ),
    CaseState.FINAL_PLAN: Told(
        "Plan issued",
        "The plan is reviewed at least every 12 months.",
        "Review due",
    ),
    CaseState.REVIEW_DUE: Told(
        "Review due",
        "A review meeting is held and the decision follows within 4 weeks of it, before the 12 "
        "months are over.",
        "Review due",
    ),
    CaseState.CEASED: Told("Plan ceased", "The plan has ceased. Nothing more is collected.", ""),
}

NO_CASE = Told(
    "No request yet",
    "Start a request below when you are ready. It is saved as you type.",
    "",
)


def newest_case(tx: Transaction, person: UUID) -> Case | None:
    """Find a person's newest case."""
    return tx.session.exec(
        select(Case).where(Case.person_id == person).order_by(col(Case.opened_at).desc())
    ).first()


def open_case(tx: Transaction, person: UUID, account: UUID | None) -> Case:
    """Find the case that a request belongs to: the open one, else a new one received today."""
    case = newest_case(tx, person)
    if case is not None and CaseState(case.state) not in ENDED:
        return case
    case = Case(
        person_id=person,
        state=CaseState.SUBMITTED,
        received_on=london_day(tx.now),
        opened_at=tx.now,
    )
    tx.session.add(case)
    tx.session.flush()
    _tell(tx, case)
    record(tx, Action.CASE_OPENED, account=account, subject=case.id, person=person)
    return case


def move_case(tx: Transaction, case: Case, state: CaseState) -> None:
    """Move a case to a state, today."""
    case.state = state
    tx.session.add(case)
    _tell(tx, case)


def _tell(tx: Transaction, case: Case) -> None:
    tx.session.add(CaseEvent(case_id=case.id, state=case.state, on=london_day(tx.now), at=tx.now))


def events_of(tx: Transaction, case: Case) -> list[CaseEvent]:
    """List what a case went through, the oldest first."""
    return list(
        tx.session.exec(
            select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(col(CaseEvent.id))
        )
    )


def due_of(case: Case, events: Sequence[CaseEvent]) -> date | None:
    """Tell the deadline that the law sets for the state a case stands in."""
    since = next((event.on for event in reversed(events) if event.state == case.state), None)
    issued = next((e.on for e in reversed(events) if e.state == CaseState.FINAL_PLAN), None)
    match CaseState(case.state):
        case CaseState.SUBMITTED | CaseState.DECIDING:
            return decide_by(case.received_on)
        case CaseState.ASSESSING:
            return no_plan_by(case.received_on)
        case CaseState.DRAFT_PLAN:
            return final_plan_by(case.received_on)
        case CaseState.REPRESENTATIONS:
            return representations_until(since) if since else None
        case CaseState.FINAL_PLAN | CaseState.REVIEW_DUE:
            return review_due(issued) if issued else None
    return None


def stages_of(case: Case | None, events: Sequence[CaseEvent]) -> list[StageOut]:
    """Tell the four stages: when each was reached, or by when the law wants it."""
    stages = list(Stage)
    current = stages.index(STAGE_OF[CaseState(case.state)]) if case else 0
    dues = {}
    if case is not None:
        dues = {
            Stage.ASSESSMENT: decide_by(case.received_on),
            Stage.PLAN: no_plan_by(case.received_on),
            Stage.REVIEWS: final_plan_by(case.received_on),
        }
    return [
        StageOut(
            stage=stage,
            reached_on=next((e.on for e in events if STAGE_OF[CaseState(e.state)] is stage), None),
            due=dues.get(stage) if place > current else None,
            current=place == current,
            done=place < current,
        )
        for place, stage in enumerate(stages)
    ]
