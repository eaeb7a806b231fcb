"""How a request for advice stands: of which form it is, whether it is owed, when it is due."""

from uuid import UUID

from sqlmodel import select

from server.cases.tables import Case
from server.core.database import Transaction
from server.forms.tables import AdviceRequest
from shared.cases.clock import days_left_words
from shared.desk import AWAITED, AdviceState
from shared.values.days import london_day, write_day


def advice_of(tx: Transaction, submission: UUID) -> AdviceRequest | None:
    """Find the request that a submission answers; None for a form that nobody asked for."""
    return tx.session.exec(
        select(AdviceRequest).where(AdviceRequest.submission_id == submission)
    ).first()


def set_advice_state(tx: Transaction, submission: UUID, state: AdviceState) -> None:
    """Note that the form of a request for advice was submitted or taken back."""
    if advice := advice_of(tx, submission):
        advice.state = state
        tx.session.add(advice)


def is_owed(tx: Transaction, advice: AdviceRequest) -> bool:
    """Whether the authority waits for advice: it is not in, and the case is open."""
    case = tx.session.get_one(Case, advice.case_id)
    return AdviceState(advice.state) in AWAITED and not case.closed


def advice_due_words(tx: Transaction, advice: AdviceRequest) -> str:
    """Say when advice is due, and how late it is while it is owed."""
    due = f"due {write_day(advice.due_on)}"
    if not is_owed(tx, advice):
        return due
    return f"{due} · {days_left_words(advice.due_on, london_day(tx.now))}"
