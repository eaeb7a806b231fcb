"""The phase transfer of a case: when it is due, and how far it is."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from server.cases.tables import Case, CaseEvent
from server.core.database import Transaction
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.state_sets import WITH_PLAN
from shared.cases.states import CaseState
from shared.cases.transfers import school_year_start, transfer_due
from shared.values.days import london_day

WITH_PLAN_PLACES = [index for index, state in enumerate(CaseState) if state in WITH_PLAN]


def update_transfer(tx: Transaction, case: Case, events: Sequence[CaseEvent]) -> None:
    """Update what is stored of the phase transfer of a case, from its events and its child."""
    case.transfer_on = None
    if CaseState(case.state) in WITH_PLAN:
        # Read after the case was locked, because the date of birth may have been corrected since.
        born = tx.session.exec(select(col(Person.born)).where(Person.id == case.person_id)).one()
        days = [event.day for event in events if event.kind == EventKind.PHASE_TRANSFER_SET]
        case.transfer_on = transfer_due(
            born, london_day(tx.now), days[-1] if days else None, tx.services.settings.periods
        )
    case.transfer_meeting_on = _last_day(case, events, EventKind.MEETING_HELD)
    case.transfer_notice_on = _last_day(case, events, EventKind.AMENDMENT_PROPOSED)
    case.transfer_named_on = _last_day(case, events, EventKind.PHASE_TRANSFER_NAMED)
    tx.session.add(case)


def _last_day(case: Case, events: Sequence[CaseEvent], kind: EventKind) -> date | None:
    """Return the last day of an event in the school year in which the transfer is due, or None."""
    if case.transfer_on is None:
        return None
    start = school_year_start(case.transfer_on)
    days = [event.on for event in events if event.kind == kind and event.on >= start]
    return days[-1] if days else None
