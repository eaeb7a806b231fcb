"""Routes for the public list of organisations, and for confirming memberships."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer, Professional, address_of
from server.accounts.organisations import find_organisations
from server.core import throttle
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, services_of
from server.core.throttle import Operation
from server.organisations import memberships
from server.organisations.csv_list import send_memberships
from shared.organisations import ConfirmIn, MembershipRequests, OrganisationRow

SearchText = Annotated[str, Query(max_length=200)]
TOO_MANY_SEARCHES = "There were too many searches."

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


@router.get("/organisations", responses=problem_responses([429]))
async def find(request: Request, find: SearchText = "") -> list[OrganisationRow]:
    """Find organisations of the public list, also before sign-in."""
    services, address = services_of(request), address_of(request)
    await services.write(
        lambda tx: throttle.use_allowance(
            tx, Operation.FIND_ORGANISATION, address, TOO_MANY_SEARCHES
        )
    )
    return await services.read(partial(find_organisations, text=find))


@router.get("/account/colleagues")
def colleagues_to_confirm(actor: Professional, tx: Tx) -> MembershipRequests:
    """List who asks to join my organisations."""
    return memberships.list_for_colleague(tx, actor)


@router.post("/account/colleagues/{membership}/confirm", status_code=204)
def confirm_colleague(membership: UUID, actor: Professional, tx: Tx) -> None:
    """Confirm a colleague."""
    memberships.confirm_as_colleague(tx, actor, membership)


@router.post("/account/colleagues/{membership}/refuse", status_code=204)
def refuse_colleague(membership: UUID, actor: Professional, tx: Tx) -> None:
    """Record that somebody is not a colleague."""
    memberships.refuse_as_colleague(tx, actor, membership)


@router.get("/desk/memberships")
def memberships_to_confirm(_: Officer, tx: Tx) -> MembershipRequests:
    """List the memberships to confirm."""
    return memberships.list_for_officer(tx)


@router.get("/desk/memberships.csv", responses=problem_responses([401, 403]))
async def memberships_csv(request: Request) -> StreamingResponse:
    """Save the memberships to confirm as CSV."""
    return await send_memberships(request)


@router.post("/desk/memberships/{membership}/confirm", status_code=204)
def confirm_membership(membership: UUID, body: ConfirmIn, actor: Officer, tx: Tx) -> None:
    """Confirm a membership, of another organisation than the chosen one if the body names it."""
    memberships.confirm_as_officer(tx, actor, membership, body)


@router.post("/desk/memberships/{membership}/refuse", status_code=204)
def refuse_membership(membership: UUID, actor: Officer, tx: Tx) -> None:
    """Refuse a membership."""
    memberships.refuse_as_officer(tx, actor, membership)


@router.post("/desk/memberships/{membership}/end", status_code=204)
def end_membership(membership: UUID, actor: Officer, tx: Tx) -> None:
    """End a confirmed membership."""
    memberships.end_as_officer(tx, actor, membership)
