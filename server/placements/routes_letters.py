"""Routes for the letters of a case, for officers only."""

from uuid import UUID

from fastapi import APIRouter

from server.accounts.actor import Officer
from server.core.routing import TransactionRoute, Tx, audited
from server.desk.advice_steps import contacts_corrected
from server.letters import listing
from server.letters.routes import Names, add_letter_routes
from server.placements.letters import letter_of_case
from shared.letters import Letters

router = APIRouter(prefix="/v1/desk/cases/{case}/letters", route_class=TransactionRoute)


@router.get("")
@audited
def letters(case: UUID, actor: Officer, tx: Tx) -> Letters:
    """List the letters of a case, made and to be made."""
    return listing.list_letters(tx, actor, case, contacts_corrected(tx, case))


add_letter_routes(
    router, "/{kind}", letter_of_case, "a letter", Names("read_draft", "save_draft", "make")
)
