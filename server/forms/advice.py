"""The state and due date of a request for advice."""

from uuid import UUID

from sqlmodel import select

from server.cases.tables import Case
from server.core.database import Transaction
from server.forms.tables import AdviceRequest
from shared.cases.clock import days_left_text
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
