"""Routes for officers who manage staff accounts."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer, address_of
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, authenticated_by, services_of
from server.support import managing_staff
from server.support.staff_csv import send_staff
from shared.support import StaffIn, StaffRow

router = APIRouter(prefix="/v1/staff", route_class=TransactionRoute)


@router.get("")
def list_staff(actor: Officer, tx: Tx) -> list[StaffRow]:
    """List the staff accounts."""
    return managing_staff.list_staff(tx, actor)


@router.get(".csv", responses=problem_responses([401, 403]))
async def staff_csv(request: Request) -> StreamingResponse:
    """Save the staff accounts as CSV."""
    return await send_staff(request)


@router.post("", status_code=201, responses=problem_responses([401, 403, 409]))
@authenticated_by(managing_staff.require_manager)
async def add(new: StaffIn, request: Request) -> StaffRow:
    """Create a staff account, and email a link to set its password."""
    return await managing_staff.add(services_of(request), request, new, address_of(request))


@router.put("/{account}/disabled", status_code=204)
def disable(account: UUID, actor: Officer, tx: Tx) -> None:
    """Disable a staff account and unassign its cases."""
    managing_staff.disable(tx, actor, account)


@router.put("/{account}/right", status_code=204)
def grant(account: UUID, actor: Officer, tx: Tx) -> None:
    """Give an officer the right to manage staff accounts."""
    managing_staff.change_right(tx, actor, account, granted=True)


@router.delete("/{account}/right", status_code=204)
def revoke(account: UUID, actor: Officer, tx: Tx) -> None:
    """Take the right to manage staff accounts away."""
    managing_staff.change_right(tx, actor, account, granted=False)
