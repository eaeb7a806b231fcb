"""The routes that record, correct and undo events of a case, with what follows for its school."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from server.accounts.actor import Officer
from server.cases.service import find_case
from server.cases.tables import CaseEvent, EventCorrection
from server.core.routing import TransactionRoute, Tx
from server.desk.actions import record_event
from server.desk.case import case_out
from server.desk.correcting import correct_event, undo_event
from server.placements.order import days_out_of_order, require_order_of_days
from server.placements.school import (
    follow_placement,
    lock_child,
    lock_to_undo,
    take_back_school,
)
from server.placements.view import settings_left
from shared.cases.actions import CorrectionIn, EventIn, UndoIn
from shared.cases.events import EventKind
from shared.desk import CaseOut

RowId = Annotated[int, Path(ge=1, le=2**53)]

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


@router.put("/{event}")
def correct(case: UUID, event: RowId, body: CorrectionIn, actor: Officer, tx: Tx) -> CaseOut:
    """Correct the kind or the days of an event."""
    lock_to_undo(tx, case)
    before = days_out_of_order(tx, find_case(tx, actor, case))
    changed = correct_event(tx, actor, case, event, body)
    if not body.confirmed:
        require_order_of_days(tx, changed, before)
    if tx.session.get_one(EventCorrection, body.id).kind == EventKind.FINAL_ISSUED:
        take_back_school(tx, changed, actor)
    return case_out(tx, actor, changed)


@router.post("/{event}/undo")
def undo(case: UUID, event: RowId, body: UndoIn, actor: Officer, tx: Tx) -> CaseOut:
    """Undo the last event of a case."""
    lock_to_undo(tx, case)
    undone = undo_event(tx, actor, case, event, body.version)
    if tx.session.get_one(CaseEvent, event).kind == EventKind.FINAL_ISSUED:
        take_back_school(tx, undone, actor)
    return case_out(tx, actor, undone)
