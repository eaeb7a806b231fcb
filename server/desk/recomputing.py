"""What is stored of cases is computed again when it is out of date.

Deadlines and awaited advice follow the periods and the rules, and phase transfers a new school year
and another date of birth of a child.
"""

from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy import case as case_when
from sqlmodel import col, func, or_, select

from server.cases.service import events_of, fingerprint, update_derived, update_due_day
from server.cases.tables import NOTHING_DUE, Case, CaseEvent
from server.cases.transfers import WITH_PLAN_PLACES, update_transfer
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.forms.advice import update_awaited
from server.people.service import BIRTH_FOLLOWERS
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.transfers import transfer_due
from shared.values.days import london_day

CHECK_SECONDS = 3600
BATCH = 20
"""Cases of one transaction: on SQLite, others wait with their writing meanwhile."""
_HAS_PLAN = (col(Case.closed).is_(False), col(Case.place).in_(WITH_PLAN_PLACES))

log = structlog.get_logger()


async def run_recomputing(services: Services) -> None:
    """Compute what is out of date again, at the start and every hour until cancelled."""
    await repeat("computing deadlines", CHECK_SECONDS, partial(recompute, services))


async def recompute(services: Services) -> int:
    """Compute again what is stored of cases that are out of date, and return their number.

    Each batch is a transaction of its own, so a run that is killed goes on where it ended. Cases
    that another server computes at the same time are left to it. Each case is computed once in a
    run: a server with other periods or rules may be changing it back.
    """
    total = 0
    outdated, moved = await services.read(lambda tx: (_find_outdated(tx), _find_moved(tx)))
    ids = list(dict.fromkeys([*outdated, *moved]))
    for start in range(0, len(ids), BATCH):
        total += await services.write(partial(_recompute, ids[start : start + BATCH], moved))
    if total:
        log.warning("deadlines_computed_again", cases=total)
    return total


def _is_outdated(tx: Transaction) -> ColumnElement[bool]:
    """Build the condition for cases of other periods or rules, or with another day to sort by.

    A server of the version before stores the days that are due, but not the one to sort by.
    """
    current = fingerprint(tx.services.settings.periods)
    due_on = func.nullif(Case.due_on, NOTHING_DUE)
    family_due = case_when((col(Case.dispute).is_(None), col(Case.family_due)))
    shown = func.coalesce(due_on, Case.next_due, family_due, NOTHING_DUE)  # see `update_due_day`
    return or_(col(Case.computed_with) != current, col(Case.sort_due) != shown)


def _find_outdated(tx: Transaction) -> Sequence[UUID]:
    return tx.session.exec(select(Case.id).where(_is_outdated(tx)).order_by(col(Case.id))).all()


def _find_moved(tx: Transaction) -> set[UUID]:
    """Find the cases whose phase transfer is another one now."""
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
    return {
        id
        for id, transfer_on, born, day in tx.session.execute(query)
        if transfer_due(born, today, day, periods) != transfer_on
    }


def _recompute(ids: Sequence[UUID], moved: Collection[UUID], tx: Transaction) -> int:
    """Compute those of the cases that are still out of date, and return how many."""
    is_moved = col(Case.id).in_([id for id in ids if id in moved])
    query = select(Case).where(col(Case.id).in_(ids), or_(_is_outdated(tx), is_moved))
    cases = tx.session.exec(query.with_for_update(skip_locked=True)).all()
    for case in cases:
        try:
            update_derived(tx, case)
        except ValueError as error:  # an earlier version allowed events in another order
            log.warning("deadlines_not_computed", case=str(case.id), kind=type(error).__name__)
            case.computed_with = fingerprint(tx.services.settings.periods)
            # Or it would be computed again in each run.
            update_transfer(tx, case, events_of(tx, case))
            update_due_day(tx, case)
            continue
        update_awaited(tx, case.id)
    tx.session.flush()
    return len(cases)


def update_transfers_of(tx: Transaction, person: UUID) -> None:
    """Update the phase transfers of a locked child's cases, after the date of birth changed."""
    query = select(Case).where(Case.person_id == person, *_HAS_PLAN).order_by(col(Case.id))
    for case in tx.session.exec(query.with_for_update()):
        update_transfer(tx, case, events_of(tx, case))


BIRTH_FOLLOWERS.append(update_transfers_of)
