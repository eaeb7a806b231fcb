"""Stored phase transfers follow a new school year, and another date of birth of a child."""

from functools import partial
from uuid import UUID

from sqlmodel import col, select

from server.cases.service import events_of
from server.cases.tables import Case, CaseEvent
from server.cases.transfers import WITH_PLAN_PLACES, update_transfer
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.people.service import BIRTH_FOLLOWERS
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.transfers import transfer_due
from shared.values.days import london_day

CHECK_SECONDS = 60 * 60
_HAS_PLAN = (col(Case.settled).is_(False), col(Case.place).in_(WITH_PLAN_PLACES))


async def run_transfer_updates(services: Services) -> None:
    """Update outdated phase transfers periodically until cancelled."""
    await repeat("phase_transfers", CHECK_SECONDS, partial(update_transfers, services))


async def update_transfers(services: Services) -> int:
    """Update each case whose phase transfer is outdated, and return their number."""
    outdated = await services.read(_find_outdated)
    for case in outdated:
        await services.write(partial(_update, case=case))
    return len(outdated)


def _find_outdated(tx: Transaction) -> list[UUID]:
    day_set = (
        select(col(CaseEvent.day))
        .where(
            CaseEvent.case_id == Case.id,
            CaseEvent.kind == EventKind.PHASE_TRANSFER_SET,
            col(CaseEvent.removed_at).is_(None),
        )
        .order_by(col(CaseEvent.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(col(Case.id), col(Case.transfer_on), col(Person.born))
        .add_columns(day_set)
        .join(Person, col(Person.id) == col(Case.person_id))
        .where(*_HAS_PLAN)
    )
    today, periods = london_day(tx.now), tx.services.settings.periods
    return [
        id
        for id, transfer_on, born, day in tx.session.execute(query)
        if transfer_due(born, today, day, periods) != transfer_on
    ]


def _update(tx: Transaction, case: UUID) -> None:
    row = tx.session.get(Case, case, with_for_update=True)
    if row is not None:
        update_transfer(tx, row, events_of(tx, row))


def update_transfers_of(tx: Transaction, person: UUID) -> None:
    """Update the phase transfers of a locked child's cases, after the date of birth changed."""
    query = select(Case).where(Case.person_id == person, *_HAS_PLAN).order_by(col(Case.id))
    for case in tx.session.exec(query.with_for_update()):
        update_transfer(tx, case, events_of(tx, case))


BIRTH_FOLLOWERS.append(update_transfers_of)
