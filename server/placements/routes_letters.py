"""Routes for the letters of a case, for officers only."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from server.accounts.actor import Officer, require_officer
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited, digests_sent, services_of
from server.core.versions import IfMatch, set_etag
from server.letters import drafts, listing, making
from server.placements.letters import letter_of_case
from shared.letters import LetterDraft, LetterRow, Letters, MakeLetter, SaveLetter

Kind = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,39}$")]

router = APIRouter(prefix="/v1/desk/cases/{case}/letters", route_class=TransactionRoute)


@router.get("")
@audited
def letters(case: UUID, actor: Officer, tx: Tx) -> Letters:
    """List the letters of a case, made and to be made."""
    return listing.list_letters(tx, actor, case)


@router.get("/{kind}")
@audited
def read_draft(case: UUID, kind: Kind, actor: Officer, tx: Tx, response: Response) -> LetterDraft:
    """Read a letter as it is written so far."""
    return set_etag(response, drafts.read_draft(tx, actor, letter_of_case(case, kind)))


@router.put("/{kind}")
def save_draft(
    case: UUID,
    kind: Kind,
    body: SaveLetter,
    actor: Officer,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> LetterDraft:
    """Save what is written of a letter."""
    return set_etag(
        response, drafts.save_draft(tx, actor, letter_of_case(case, kind), body, version)
    )


@router.post("/{kind}", status_code=201, responses=problem_responses([401, 403, 412]))
async def make(case: UUID, kind: Kind, body: MakeLetter, request: Request) -> LetterRow:
    """Make a letter as a PDF, from what is written."""
    find_actor, sent = partial(require_officer, request), digests_sent(request, body)
    return await making.make_letter(
        services_of(request), find_actor, letter_of_case(case, kind), body, sent
    )
