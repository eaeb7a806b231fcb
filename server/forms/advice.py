"""The state and due date of a request for advice."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import case as case_when
from sqlmodel import col, exists, func, select

from server.cases.service import update_due_day
from server.cases.tables import Case, Exemption
from server.core.database import Transaction
from server.forms.tables import AdviceRequest
from shared.cases.clock import days_left_text
from shared.cases.deadlines import DeadlineKind
from shared.desk import AWAITED, AdviceState
from shared.values.days import format_day, london_day


def find_advice(tx: Transaction, submission: UUID) -> AdviceRequest | None:
    """Return the advice request of a submission, or None."""
    return tx.session.exec(
        select(AdviceRequest).where(AdviceRequest.submission_id == submission)
    ).first()


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


def update_awaited(tx: Transaction, case_id: UUID) -> None:
    """Lock a case and update its columns about awaited advice, after a request for it changed."""
    tx.session.flush()
    case = tx.session.get_one(Case, case_id, with_for_update=True)
    query = select(
        func.count(), func.min(case_when((~is_excused(), col(AdviceRequest.due_on))))
    ).where(AdviceRequest.case_id == case_id, col(AdviceRequest.state).in_(AWAITED))
    case.advice_awaited, case.advice_due = tx.session.exec(query).one()
    update_due_day(tx, case)


def is_awaited(tx: Transaction, advice: AdviceRequest) -> bool:
    """Whether advice is awaited: not yet submitted, and its case is open."""
    case = tx.session.get_one(Case, advice.case_id)
    return AdviceState(advice.state) in AWAITED and not case.closed


def advice_due_text(tx: Transaction, advice: AdviceRequest) -> str:
    """Describe the due date of advice, with the days left while it is awaited."""
    due = f"due {format_day(advice.due_on)}"
    if not is_awaited(tx, advice):
        return due
    return f"{due} · {days_left_text(advice.due_on, london_day(tx.now))}"
