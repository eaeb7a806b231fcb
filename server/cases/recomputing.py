"""Computing the stored deadlines of cases again, after the periods or the rules have changed."""

from functools import partial

import structlog
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

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
    that another server computes at the same time are left to it.
    """
    total = 0
    while await services.read(lambda tx: tx.session.exec(_outdated(tx)).first()):
        count = await services.write(_recompute_batch)
        if not count:
            break
        total += count
    if total:
        log.warning("deadlines_computed_again", cases=total)


def _outdated(tx: Transaction) -> SelectOfScalar[Case]:
    current, computed_with = fingerprint(tx.services.settings.periods), col(Case.computed_with)
    # Two ranges can use the index, unlike an inequality.
    is_outdated = or_(computed_with < current, computed_with > current)
    return select(Case).where(is_outdated).limit(BATCH)


def _recompute_batch(tx: Transaction) -> int:
    cases = tx.session.exec(_outdated(tx).with_for_update(skip_locked=True)).all()
    for case in cases:
        try:
            update_derived(tx, case)
        except ValueError as error:  # an earlier version allowed events in another order
            log.warning("deadlines_not_computed", case=str(case.id), kind=type(error).__name__)
            case.computed_with = fingerprint(tx.services.settings.periods)
    tx.session.flush()
    return len(cases)
