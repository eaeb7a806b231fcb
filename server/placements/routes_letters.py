"""Routes for the letters of a case, for officers only."""

from uuid import UUID

from fastapi import APIRouter, Response

from server.accounts.actor import Officer
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from server.desk.advice_steps import contacts_corrected
from server.letters import listing, posting
from server.letters.routes import Names, add_letter_routes
from server.placements.letters import letter_of_case
from shared.letters import Letters, PostedIn

router = APIRouter(prefix="/v1/desk/cases/{case}/letters", route_class=TransactionRoute)


@router.get("")
@audited
def letters(case: UUID, actor: Officer, tx: Tx) -> Letters:
    """List the letters of a case, made and to be made."""
    return listing.list_letters(tx, actor, case, contacts_corrected(tx, case))


@router.put("/made/{document}/posted", status_code=204)
def record_posting(
    case: UUID,
    document: UUID,
    body: PostedIn,
    actor: Officer,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> None:
    """Record when a letter was posted."""
    set_etag(response, posting.record_posting(tx, actor, case, document, body.on, version))


add_letter_routes(
    router, "/{kind}", letter_of_case, "a letter", Names("read_draft", "save_draft", "make")
)
