"""Computing the stored deadlines of cases again, after the periods or the rules have changed."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from server.cases.service import fingerprint, update_derived
from server.cases.tables import Case
from server.core.database import Services, Transaction
from server.core.repeat import repeat

CHECK_SECONDS = 3600
BATCH = 20
"""Cases of one transaction: on SQLite, others wait with their writing meanwhile."""

log = structlog.get_logger()


async def run_recomputing(services: Services) -> None:
    """Compute outdated deadlines again, at the start and every hour until cancelled."""
    await repeat("computing deadlines", CHECK_SECONDS, partial(recompute_deadlines, services))


async def recompute_deadlines(services: Services) -> None:
    """Compute the deadlines of all cases that were computed with other periods or rules.

    Each batch is a transaction of its own, so a run that is killed goes on where it ended. Cases
    that another server computes at the same time are left to it. Each case is computed once in a
    run: a server with other periods or rules may be changing it back.
    """
    total = 0
    ids = await services.read(_find_outdated)
    for start in range(0, len(ids), BATCH):
        total += await services.write(partial(_recompute, ids[start : start + BATCH]))
    if total:
        log.warning("deadlines_computed_again", cases=total)


def _is_outdated(tx: Transaction) -> ColumnElement[bool]:
    current, computed_with = fingerprint(tx.services.settings.periods), col(Case.computed_with)
    # Two ranges can use the index, unlike an inequality.
    return or_(computed_with < current, computed_with > current)


def _find_outdated(tx: Transaction) -> Sequence[UUID]:
    return tx.session.exec(select(Case.id).where(_is_outdated(tx)).order_by(col(Case.id))).all()


def _recompute(ids: Sequence[UUID], tx: Transaction) -> int:
    """Compute those of the cases that are still outdated, and return how many."""
    query = select(Case).where(col(Case.id).in_(ids), _is_outdated(tx))
    cases = tx.session.exec(query.with_for_update(skip_locked=True)).all()
    for case in cases:
        try:
            update_derived(tx, case)
        except ValueError as error:  # an earlier version allowed events in another order
            log.warning("deadlines_not_computed", case=str(case.id), kind=type(error).__name__)
            case.computed_with = fingerprint(tx.services.settings.periods)
    tx.session.flush()
    return len(cases)
