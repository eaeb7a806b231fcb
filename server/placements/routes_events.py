"""The route that records the events of a case, with what its settings and placement lack."""

from uuid import UUID

from fastapi import APIRouter

from server.accounts.actor import Officer
from server.core.routing import TransactionRoute, Tx
from server.desk.actions import record_event
from server.desk.case import case_out
from server.placements.school import follow_placement, lock_child
from server.placements.view import settings_left
from shared.cases.actions import EventIn
from shared.cases.events import EventKind
from shared.desk import CaseOut

router = APIRouter(prefix="/v1/desk/cases/{case}/events", route_class=TransactionRoute)


@router.post("")
def record(case: UUID, body: EventIn, actor: Officer, tx: Tx) -> CaseOut:
    """Record an event of a case."""
    if body.kind is EventKind.FINAL_ISSUED:
        lock_child(tx, case)
    changed = record_event(tx, actor, case, body, settings_left)
    if body.kind is EventKind.FINAL_ISSUED:
        follow_placement(tx, changed, actor)
    return case_out(tx, actor, changed)
