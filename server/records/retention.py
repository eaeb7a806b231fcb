"""The daily deletion of records whose period has ended.

One process at a time does it, known by a lease on the row of the day. Each batch is a short unit of
work that also counts what it deleted and extends the lease, so a killed process loses nothing, and
another goes on once its lease has ended.
"""

import asyncio
from datetime import date, timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlmodel import col, select

from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.records.kinds import KINDS, Kind
from server.records.tables import RetentionRun
from shared.values.days import london_day

CHECK_SECONDS = 15 * 60
LEASE = timedelta(minutes=10)
DAILY_REST, NOW_REST = 100, 1
"""How many times as long as a batch took the writer is left to others after it."""
MAX_REST_SECONDS = 60
"""Well within the lease."""
MAX_GAP = timedelta(days=31)
"""After a longer time without a run, the next is only made by the command."""
PAGE_SIZE = 1_000
"""Keys that are read at once, by a reader, so that no writer waits for a search."""


log = structlog.get_logger()


class RetentionBusy(Exception):
    """Raised if another process is deleting records."""


async def run_retention(services: Services) -> None:
    """Delete due records once a day until cancelled."""
    await repeat("retention", CHECK_SECONDS, partial(apply_daily, services))


async def apply_daily(services: Services) -> None:
    """Delete due records, unless it was done today or another process is doing it."""
    holder = uuid4()
    if await services.write(partial(_claim, holder, daily=True)):
        await _delete_all(services, holder, rest=DAILY_REST)


async def apply_now(services: Services) -> dict[str, int]:
    """Delete due records, and return the day's number of deletions of each kind.

    Raises RetentionBusy.
    """
    holder = uuid4()
    if not await services.write(partial(_claim, holder, daily=False)):
        raise RetentionBusy
    return await _delete_all(services, holder, rest=NOW_REST)


async def count_due(services: Services) -> dict[str, int]:
    """Return the number of due records of each kind, without deleting any."""
    return {kind.name: await _count(services, kind) for kind in KINDS}


async def _count(services: Services, kind: Kind) -> int:
    count, last = 0, None
    while keys := await services.read(partial(_list_due, kind, last)):
        count += len(await services.read(partial(_narrow, kind, keys)))
        last = keys[-1]
    return count


def _narrow(kind: Kind, keys: list[Any], tx: Transaction) -> list[Any]:
    return list(kind.deletable(tx, keys))


def _claim(holder: UUID, tx: Transaction, *, daily: bool) -> bool:
    """Take the lease of today, and return whether it was free."""
    today = london_day(tx.now)
    newest = select(RetentionRun).where(RetentionRun.day <= today)
    query = newest.order_by(col(RetentionRun.day).desc()).limit(1).with_for_update()
    run = tx.session.exec(query).first()
    # A lease from a clock that was ahead does not count.
    if run and run.finished_at is None and tx.now < run.lease_until <= tx.now + LEASE:
        return False
    if daily and _is_unexpected(run, today):
        return False
    if run is None or run.day < today:
        # Of two processes, the second to insert the day fails, and runs again.
        run = RetentionRun(
            day=today, holder=holder, lease_until=tx.now, started_at=tx.now, counts={}
        )
    elif daily and run.finished_at is not None:
        return False
    run.holder, run.lease_until, run.finished_at = holder, tx.now + LEASE, None
    tx.session.add(run)
    return True


def _is_unexpected(run: RetentionRun | None, today: date) -> bool:
    """Whether the clock may be wrong: a server that is ahead would delete what must be kept."""
    if run is None or today - run.day <= MAX_GAP:
        return False
    log.error(
        "retention_waits",
        days=(today - run.day).days,
        do="If the clock is right, run `portal-server retention run`.",
    )
    return True


async def _delete_all(services: Services, holder: UUID, *, rest: int) -> dict[str, int]:
    for kind in KINDS:
        last = None
        while keys := await services.read(partial(_list_due, kind, last)):
            last = keys[-1]
            for start in range(0, len(keys), kind.batch):
                began = monotonic()
                batch = keys[start : start + kind.batch]
                await services.write(partial(_delete_batch, holder, kind, batch))
                await asyncio.sleep(min(rest * (monotonic() - began), MAX_REST_SECONDS))
    return await services.write(partial(_finish, holder))


def _list_due(kind: Kind, last: Any, tx: Transaction) -> list[Any]:  # noqa: ANN401 - a UUID or a digest
    query = kind.due(tx)
    [key] = query.selected_columns
    after = query if last is None else query.where(key > last)
    return list(tx.session.exec(after.order_by(key).limit(PAGE_SIZE)))


def _delete_batch(holder: UUID, kind: Kind, keys: list[Any], tx: Transaction) -> None:
    run = _extend_lease(tx, holder)
    query = kind.due(tx)
    [key] = query.selected_columns
    still_due = tx.session.exec(query.where(key.in_(keys)).order_by(key).with_for_update()).all()
    deletable = kind.deletable(tx, still_due)
    if not deletable:
        return
    if not run.counts:
        record(tx, Action.RETENTION_APPLIED, subject=run.id)
    count = kind.delete(tx, deletable)
    run.counts = {**run.counts, kind.name: run.counts.get(kind.name, 0) + count}
    tx.session.add(run)


def _extend_lease(tx: Transaction, holder: UUID) -> RetentionRun:
    run = tx.session.exec(
        select(RetentionRun)
        .where(RetentionRun.holder == holder, col(RetentionRun.finished_at).is_(None))
        .with_for_update()
    ).first()
    if run is None:
        raise RetentionBusy
    run.lease_until = tx.now + LEASE
    tx.session.add(run)
    return run


def _finish(holder: UUID, tx: Transaction) -> dict[str, int]:
    run = _extend_lease(tx, holder)
    run.finished_at = tx.now
    return dict(run.counts)
