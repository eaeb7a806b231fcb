"""Routes of a person that look at their forms: the progress page, and leaving my list."""

from uuid import UUID

from fastapi import APIRouter

from server.accounts.actor import Professional
from server.core.routing import TransactionRoute, Tx, audited
from server.forms import progress as service
from shared.cases.states import ProgressOut
from shared.people import Removal

router = APIRouter(prefix="/v1/people/{person}", route_class=TransactionRoute)


@router.get("/progress")
@audited
def progress(person: UUID, actor: Professional, tx: Tx) -> ProgressOut:
    """Read where a person's case stands."""
    return service.progress(tx, actor, person)


@router.get("/removal")
def removal(person: UUID, actor: Professional, tx: Tx) -> Removal:
    """Tell what taking a person off my list would take with it."""
    return service.removal(tx, actor, person)


@router.delete("", status_code=204)
def remove(person: UUID, actor: Professional, tx: Tx, drafts: bool = False) -> None:
    """Take a person off my list."""
    service.remove_person(tx, actor, person, drafts=drafts)
