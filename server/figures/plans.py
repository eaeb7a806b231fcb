"""Reading first plans: whether they came within 20 weeks, and how long after the last advice."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from server.cases.tables import CaseEvent
from server.core.database import Transaction
from server.figures.cases import (
    BATCH,
    PLANS,
    StoredEvent,
    read_advice,
    read_events,
    read_excused,
    running_deadlines,
)
from shared.cases.clock import Periods
from shared.cases.deadlines import REQUESTS, DeadlineKind
from shared.cases.events import EventKind
from shared.figures.figures import PlanFigures


class IssuedPlan(NamedTuple):
    """A first plan; `due` is None if its period did not run from a request."""

    issued_on: date
    due: date | None
    excused: bool
    last_advice: date | None
    """When the last advice before it was first submitted."""


def find_plans(tx: Transaction, start: date, end: date) -> list[Sequence[UUID]]:
    """Find the cases in which a plan was issued from a day to another, in batches."""
    query = (
        select(CaseEvent.case_id)
        .where(
            CaseEvent.kind == EventKind.FINAL_ISSUED,
            col(CaseEvent.on).between(start, end),
            col(CaseEvent.removed_at).is_(None),
        )
        .distinct()
        .order_by(col(CaseEvent.case_id))
    )
    ids = tx.session.exec(query).all()
    return [ids[index : index + BATCH] for index in range(0, len(ids), BATCH)]


def read_plans(tx: Transaction, ids: Sequence[UUID], start: date, end: date) -> list[IssuedPlan]:
    """Read the first plans of cases that were issued from a day to another."""
    return [plan for plan in _first_plans(tx, ids) if start <= plan.issued_on <= end]


def _first_plans(tx: Transaction, ids: Sequence[UUID]) -> Iterable[IssuedPlan]:
    events, excused, advice = read_events(tx, ids), read_excused(tx, ids), read_advice(tx, ids)
    for id in ids:
        answers = [item.answered_on for item in advice[id] if item.answered_on]
        plan = _first_plan(tx, id, events[id], excused=excused[id], answers=answers)
        if plan is not None:
            yield plan


def _first_plan(
    tx: Transaction,
    case: UUID,
    events: Sequence[StoredEvent],
    *,
    excused: Collection[tuple[str, int | None]],
    answers: Sequence[date],
) -> IssuedPlan | None:
    """Return the first plan of a case, or None if another authority issued it or it was undone."""
    index = next((index for index, event in enumerate(events) if event.past.kind in PLANS), None)
    if index is None or events[index].past.kind is not EventKind.FINAL_ISSUED:
        return None
    issued = events[index].past
    periods: Periods = tx.services.settings.periods
    deadlines = running_deadlines(case, [event.past for event in events[:index]], periods)
    final = next((item for item in deadlines if item.kind is DeadlineKind.FINAL), None)
    start = events[final.start_index] if final is not None else None
    is_of_request = start is not None and start.past.kind in REQUESTS
    return IssuedPlan(
        issued.on,
        final.due if final is not None and is_of_request else None,
        start is not None and (DeadlineKind.FINAL, start.id) in excused,
        max((day for day in answers if day <= issued.on), default=None),
    )


def count_plans(plans: Iterable[IssuedPlan]) -> PlanFigures:
    """Count plans by whether they came within 20 weeks."""
    counts = PlanFigures()
    for plan in plans:
        if plan.due is None:
            counts.ordered += 1
        elif plan.excused:
            counts.excused_in_time += plan.issued_on <= plan.due
            counts.excused_late += plan.issued_on > plan.due
        else:
            counts.in_time += plan.issued_on <= plan.due
            counts.late += plan.issued_on > plan.due
    return counts
