"""Routes for my list of people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from server.accounts.actor import Professional
from server.core.audit import Action
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from server.people import service
from server.people.listing import list_people
from shared.people import PeoplePage, PeopleQuery, PersonIn, PersonNew, PersonOut

router = APIRouter(prefix="/v1/people", route_class=TransactionRoute)


@router.get("")
def my_list(actor: Professional, tx: Tx, query: Annotated[PeopleQuery, Query()]) -> PeoplePage:
    """List a page of my people; `end` asks for the last one."""
    page = list_people(tx, actor, query)
    actor.record_shown(tx, Action.SHOWN_IN_LIST, (row.id for row in page.rows))
    return page


@router.post("", status_code=201)
def add(new: PersonNew, actor: Professional, tx: Tx) -> PersonOut:
    """Add a person to my list."""
    return service.add_person(tx, actor, new)


@router.get("/{person}")
@audited
def read(person: UUID, actor: Professional, tx: Tx, response: Response) -> PersonOut:
    """Read a person's details."""
    return set_etag(response, service.read_person(tx, actor, person))


@router.put("/{person}")
def edit(
    person: UUID, new: PersonIn, actor: Professional, tx: Tx, version: IfMatch, response: Response
) -> PersonOut:
    """Edit a person's details."""
    return set_etag(response, service.edit_person(tx, actor, person, new, version))


@router.put("/{person}/hidden", status_code=204)
def hide(person: UUID, actor: Professional, tx: Tx) -> None:
    """Hide a person."""
    service.hide(tx, actor, person, hidden=True)


@router.delete("/{person}/hidden", status_code=204)
def show(person: UUID, actor: Professional, tx: Tx) -> None:
    """Show a hidden person again."""
    service.hide(tx, actor, person, hidden=False)
