"""Runs of backups and rehearsals; the lease of a backup keeps deleted documents in the store.

A backup copies documents after the database's snapshot, which still names those deleted meanwhile.
Their content is therefore not deleted while a backup has a lease. The process of the run renews it,
so the lease of one that was killed ends by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event, Thread
from uuid import UUID, uuid4

import structlog
from sqlalchemy import BigInteger, func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, SQLModel, col, select

from server.core.audit import Action, record
from server.core.database import Services, Transaction

LEASE = timedelta(minutes=5)
RENEW_SECONDS = 60.0
_LOCK_KEY = 7_203_115
"""Key of PostgreSQL's advisory lock: of two processes that start at once, one gets the lease."""

log = structlog.get_logger()


class RunKind(StrEnum):
    """What a run does."""

    BACKUP = "backup"
    REHEARSAL = "rehearsal"


class Outcome(StrEnum):
    """How a run ended; a run that was killed has none."""

    DONE = "done"
    INCOMPLETE = "incomplete"
    """Documents are missing in the store, or damaged."""
    FAILED = "failed"


class BackupRun(SQLModel, table=True):
    """A backup, or the rehearsal of restoring one."""

    __tablename__ = "backup_run"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    started_at: datetime
    lease_until: datetime
    finished_at: datetime | None = None
    bytes: int = Field(default=0, sa_type=BigInteger)
    """The size of the backup's file."""
    outcome: str = ""


class RunBusy(Exception):
    """Raised if another process is doing the same."""


@contextmanager
def lease_run(services: Services, kind: RunKind) -> Iterator[BackupRun]:
    """Record a run, and renew its lease until the block ends; the caller sets size and outcome.

    Raises RunBusy.
    """
    with services.transaction() as tx:
        run = _start(tx, kind)
    ended = Event()
    renewal = Thread(target=_renew, args=(services, run.id, ended), daemon=True)
    renewal.start()
    try:
        yield run
    except BaseException:  # also when interrupted: the run is known to have failed
        run.outcome = Outcome.FAILED
        raise
    finally:
        ended.set()
        renewal.join()
        with services.transaction() as tx:
            run.finished_at = run.lease_until = tx.now
            tx.session.merge(run)


def _start(tx: Transaction, kind: RunKind) -> BackupRun:
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))
    if is_running(tx, kind):
        raise RunBusy
    run = BackupRun(kind=kind, started_at=tx.now, lease_until=tx.now + LEASE)
    tx.session.add(run)
    if kind is RunKind.BACKUP:
        record(tx, Action.BACKUP_MADE, subject=run.id)
    return run


def _renew(services: Services, run: UUID, ended: Event) -> None:
    while not ended.wait(RENEW_SECONDS):
        try:
            with services.transaction() as tx:
                tx.session.get_one(BackupRun, run).lease_until = tx.now + LEASE
        except SQLAlchemyError as error:  # the next attempt is well within the lease
            log.warning("backup_lease_not_renewed", kind=type(error).__name__)


def is_running(tx: Transaction, kind: RunKind = RunKind.BACKUP) -> bool:
    """Whether a process has the lease of a run.

    A lease that ends later than one can was written while the clock was ahead, and is ignored.
    """
    has_lease = col(BackupRun.lease_until).between(tx.now, tx.now + LEASE)
    query = select(BackupRun.id).where(
        BackupRun.kind == kind, col(BackupRun.finished_at).is_(None), has_lease
    )
    return tx.session.exec(query.limit(1)).first() is not None
