"""The state and due date of a request for advice."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import case as case_when
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, func, select

from server.cases.service import update_due_day
from server.cases.tables import Case, CaseEvent, Exemption
from server.core.database import Transaction
from server.forms.tables import AdviceRequest, PaperAdvice, Submission
from shared.cases.clock import days_left_text
from shared.cases.deadlines import DeadlineKind
from shared.cases.state_sets import ASSESSED
from shared.desk import AWAITED, AdviceState
from shared.values.days import format_day, london_day

# Made once, because an alias copies all columns of its table.
_CASE, _EVENT, _FORM = aliased(Case), aliased(CaseEvent), aliased(Submission)


def find_advice(tx: Transaction, submission: UUID) -> AdviceRequest | None:
    """Return the advice request of a submission, or None."""
    return tx.session.exec(
        select(AdviceRequest).where(AdviceRequest.submission_id == submission)
    ).first()


def find_paper_advice(tx: Transaction, advice: UUID) -> PaperAdvice | None:
    """Return what was received on paper for a request for advice, or None."""
    query = select(PaperAdvice).where(
        PaperAdvice.advice_id == advice, col(PaperAdvice.removed_at).is_(None)
    )
    return tx.session.exec(query).first()


def set_advice_state(tx: Transaction, submission: UUID, state: AdviceState) -> None:
    """Set the state of the advice request of a submission, if it has one."""
    if advice := find_advice(tx, submission):
        advice.state = state
        tx.session.add(advice)
        update_awaited(tx, advice.case_id)


def is_excused() -> ColumnElement[bool]:
    """Build the condition for requests for advice whose lateness is excused."""
    return exists().where(
        col(Exemption.advice_id) == col(AdviceRequest.id),
        col(Exemption.clock) == DeadlineKind.ADVICE,
        col(Exemption.removed_at).is_(None),
    )


def awaits(states: Collection[AdviceState] = AWAITED) -> ColumnElement[bool]:
    """Build the condition for advice in one of these states, of a running assessment."""
    is_over = exists().where(
        col(_CASE.id) == col(AdviceRequest.case_id), col(_CASE.state).in_(ASSESSED)
    )
    # A reassessment doesn't wait for what an earlier assessment did.
    has_ended_since = exists().where(
        col(_EVENT.case_id) == col(AdviceRequest.case_id),
        col(_EVENT.removed_at).is_(None),
        col(_EVENT.state).in_(ASSESSED),
        col(_FORM.id) == col(AdviceRequest.submission_id),
        col(_EVENT.at) > col(_FORM.started_at),
    )
    return and_(col(AdviceRequest.state).in_(states), ~or_(is_over, has_ended_since))


def update_awaited(tx: Transaction, case_id: UUID) -> None:
    """Lock a case and update its columns about awaited advice, after a request for it changed."""
    tx.session.flush()
    case = tx.session.get_one(Case, case_id, with_for_update=True)
    query = select(
        func.count(), func.min(case_when((~is_excused(), col(AdviceRequest.due_on))))
    ).where(AdviceRequest.case_id == case_id, awaits())
    case.advice_awaited, case.advice_due = tx.session.exec(query).one()
    update_due_day(tx, case)


def is_awaited(tx: Transaction, advice: AdviceRequest) -> bool:
    """Whether advice is awaited: not yet submitted, and its assessment goes on."""
    query = select(AdviceRequest.id).where(AdviceRequest.id == advice.id, awaits())
    return AdviceState(advice.state) in AWAITED and tx.session.exec(query).first() is not None


def is_needless(tx: Transaction, advice: AdviceRequest) -> bool:
    """Whether advice is not needed any more: cancelled, or its assessment ended without it."""
    if advice.state == AdviceState.CANCELLED:
        return True
    return AdviceState(advice.state) in AWAITED and not is_awaited(tx, advice)


def advice_due_text(tx: Transaction, advice: AdviceRequest) -> str:
    """Describe the due date of advice, with the days left while it is awaited."""
    return due_text(advice, london_day(tx.now), awaited=is_awaited(tx, advice))


def due_text(advice: AdviceRequest, today: date, *, awaited: bool) -> str:
    """Describe the due date of advice that is awaited or not."""
    due = f"due {format_day(advice.due_on)}"
    if AdviceState(advice.state) not in AWAITED:
        return due
    rest = days_left_text(advice.due_on, today) if awaited else "no longer needed"
    return f"{due} · {rest}"
