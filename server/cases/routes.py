"""Routes of the officer's table of cases, and of who works on them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from server.accounts.actor import Officer
from server.cases import acting
from server.cases.desk import Asked, list_cases
from server.core.routing import TransactionRoute, Tx
from shared.cases.states import Stage
from shared.desk import AllocateIn, DeskPage, DeskSort, DeskView
from shared.people import PAGE_SIZE

PAGE_MOST = 200

router = APIRouter(prefix="/v1/desk", route_class=TransactionRoute)


@router.get("/cases")
def cases(
    actor: Officer,
    tx: Tx,
    view: DeskView = DeskView.ALL,
    find: Annotated[str, Query(max_length=200)] = "",
    stage: Stage | None = None,
    sort: DeskSort = DeskSort.DUE,
    descending: bool = False,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    end: bool = False,
    limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE_SIZE,
) -> DeskPage:
    """List a page of the authority's cases."""
    return list_cases(tx, actor, Asked(view, find, stage, sort, descending, cursor, end, limit))


@router.put("/cases/{case}/officer", status_code=204)
def take(case: UUID, actor: Officer, tx: Tx) -> None:
    """Take a case on."""
    acting.take(tx, actor, case)


@router.delete("/cases/{case}/officer", status_code=204)
def give_up(case: UUID, actor: Officer, tx: Tx) -> None:
    """Give a case up."""
    acting.give_up(tx, actor, case)


@router.post("/people/{person}/allocations", status_code=204)
def allocate(person: UUID, wanted: AllocateIn, actor: Officer, tx: Tx) -> None:
    """Put a child on a professional's list."""
    acting.allocate(tx, actor, person, wanted.account)
