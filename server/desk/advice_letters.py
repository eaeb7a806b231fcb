"""The letter that asks somebody without an account for advice (Reg. 6(1))."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import events_of, find_case
from server.cases.tables import Case
from server.core.database import Transaction
from server.core.problems import not_found
from server.desk.advice import lock_advice
from server.forms.advice import is_awaited
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest
from server.letters.words import Addressee
from server.letters.writing import OpenLetter, Writing, open_writing, postal_lines
from shared.cases.states import CaseState

KIND = "advice_requested"
HEALTH_FORM = "health-advice"
ASSESSMENTS = (CaseState.ASSESSING, CaseState.REASSESSING)


def reference_of(advice: AdviceRequest) -> str:
    """Return the reference that letters about a request for advice carry."""
    return advice.id.hex[:8].upper()


# Async, because FastAPI would run a plain function in a thread.
async def letter_of(advice_request: UUID) -> OpenLetter:
    """Return what opens the letter that asks for advice; raises NOT_FOUND when it does."""

    def open_letter(tx: Transaction, actor: Actor) -> Writing:
        advice, form = lock_advice(tx, advice_request)
        case = find_case(tx, actor, advice.case_id)
        if not advice.by_name:
            raise not_found()
        addressee = Addressee(
            about="advice",
            id=advice.id,
            name=advice.by_name,
            address=_address(advice),
            reference=reference_of(advice),
            asked_on=advice.asked_on,
            reply_by=advice.due_on,
            kind_of_advice=pinned_form(tx, form.form, form.form_version).short,
            is_reassessment=_is_reassessment(tx, case),
            is_awaited=is_awaited(tx, advice),
            is_health=form.form == HEALTH_FORM,
        )
        return open_writing(tx, actor, case.id, KIND, addressee)

    return open_letter


def _is_reassessment(tx: Transaction, case: Case) -> bool:
    """Whether the last assessment is a reassessment, also once its draft plan is written."""
    states = [event.state for event in events_of(tx, case) if event.state in ASSESSMENTS]
    return states[-1:] == [CaseState.REASSESSING]


def _address(advice: AdviceRequest) -> str:
    """Return the role and the address by line; '' without an address, which is then missing."""
    if not advice.by_address:
        return ""
    return "\n".join(filter(None, (advice.by_role, postal_lines(advice.by_address))))
