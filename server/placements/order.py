"""The order of the days of placements and of the steps of a case, of which corrections warn."""

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

from sqlmodel import col, select

from server.cases.service import events_of
from server.cases.tables import Case, CaseEvent
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.placements.tables import Placement
from shared.cases.events import EventKind
from shared.problems import ProblemCode
from shared.values.days import format_day

PLANS = frozenset({EventKind.FINAL_ISSUED, EventKind.PLAN_TRANSFERRED_IN})
BEFORE_PLAN = "{name} begins on {day}, before the plan of {plan} that names it."
AFTER_END = "{name} begins on {day}, after the case ended on {end}."
OUT_OF_ORDER = "The days of the placement and of the steps of the case don't fit."


def days_out_of_order(tx: Transaction, case: Case) -> list[str]:
    """List which placements of a case begin before the plan that names them, or after its end."""
    events = events_of(tx, case)
    last = takewhile(lambda event: event.state == case.state, reversed(events))
    end = min(event.on for event in last) if case.closed else None
    texts = []
    placements = select(Placement).where(Placement.case_id == case.id)
    for row in tx.session.exec(placements.order_by(col(Placement.starts_on), col(Placement.id))):
        named, plan = {"name": row.name, "day": format_day(row.starts_on)}, _plan_of(row, events)
        if plan and _begins_before(row, plan.on):
            texts.append(BEFORE_PLAN.format(**named, plan=format_day(plan.on)))
        if end and row.starts_on > end:
            texts.append(AFTER_END.format(**named, end=format_day(end)))
    return texts


def placements_before_plan(tx: Transaction, case: Case, on: date) -> list[str]:
    """List which placements that no plan names yet begin before one that is issued on a day."""
    named_at = max((event.at for event in events_of(tx, case) if event.kind in PLANS), default=None)
    placements = select(Placement).where(Placement.case_id == case.id)
    return [
        BEFORE_PLAN.format(name=row.name, day=format_day(row.starts_on), plan=format_day(on))
        for row in tx.session.exec(placements.order_by(col(Placement.starts_on), col(Placement.id)))
        if _begins_before(row, on) and (named_at is None or row.at > named_at)
    ]


def _begins_before(row: Placement, plan: date) -> bool:
    """Whether a placement begins before a plan; one that ended by then is of an earlier plan."""
    return row.starts_on < plan and not (row.ends_on and row.ends_on < plan)


def _plan_of(row: Placement, events: Sequence[CaseEvent]) -> CaseEvent | None:
    """Return the plan that names a placement: the first since it was recorded, or the last."""
    plans = [event for event in events if event.kind in PLANS]
    return next((plan for plan in plans if plan.at >= row.at), plans[-1] if plans else None)


def require_order_of_days(tx: Transaction, case: Case, before: Sequence[str]) -> None:
    """Raise NEEDS_CONFIRMATION for days that are out of order, and were not `before` a change."""
    if texts := [text for text in days_out_of_order(tx, case) if text not in before]:
        raise PortalProblem(ProblemCode.NEEDS_CONFIRMATION, "\n".join([OUT_OF_ORDER, *texts]))
