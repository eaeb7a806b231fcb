"""Seals of the audit log: a chain of digests that shows whether an entry was changed or removed.

The seal of an entry is the digest of the previous seal and of the entry. A task adds seals after
the entries are committed, so no request waits for the chain; an entry that commits late gets a
later number. A signed head a day shows that the chain was not made anew. Old entries may go only
up to a signed purge, from whose digest the chain then starts.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, exists, func, insert, select, text
from sqlmodel import Field, SQLModel

from server.core.audit import AuditEvent, AuditShown, SaveRun
from server.core.database import Services, Transaction, table_of
from server.core.keys import Purpose
from server.core.repeat import repeat
from shared.values.days import LONDON, london_day

SEAL_SECONDS = 5.0
MIN_AGE = timedelta(seconds=5)
"""Younger entries wait, so that most entries that commit late are sealed in order."""
BATCH_SIZE = 200
"""Entries sealed in one transaction; more would hold up other writers on SQLite."""
LATE_IDS = 2_000
"""How far before the newest seal a run looks for entries that committed late."""
SEARCH_ROWS = 100_000
"""The rows that one query searches; the whole of a large log takes too long."""
_LOCK_KEY = 7_203_114
"""Key of PostgreSQL's advisory lock: one process adds seals at a time."""


class AuditSeal(SQLModel, table=True):
    """Link of the chain: the digest of an entry and of all entries sealed before it."""

    __tablename__ = "audit_seal"

    number: int = Field(primary_key=True)
    event_id: int = Field(unique=True)
    digest: str


class AuditHead(SQLModel, table=True):
    """The newest seal on a day, signed."""

    __tablename__ = "audit_head"

    day: date = Field(primary_key=True)
    number: int
    digest: str
    signature: str


class AuditPurge(SQLModel, table=True):
    """Permission to delete the entries up to a seal, signed."""

    __tablename__ = "audit_purge"

    through: int = Field(primary_key=True)
    digest: str
    at: datetime
    signature: str


AUDIT, SHOWN, SEAL = table_of(AuditEvent), table_of(AuditShown), table_of(AuditSeal)
HEAD, PURGE, RUN = table_of(AuditHead), table_of(AuditPurge), table_of(SaveRun)

IS_SEALED = exists().where(SEAL.c.event_id == AUDIT.c.id)


@dataclass(frozen=True)
class ChainEnd:
    """A seal to continue the chain from; number 0 is its start."""

    number: int = 0
    digest: str = ""


def chain_digest(previous: str, event: Row[*tuple[Any, ...]], shown: Sequence[UUID]) -> str:
    """Return the digest of an entry, the children it shows, and the previous digest."""
    content = [
        *(previous, event.id, event.at.isoformat(), event.action),
        *(event.account_id, event.subject_id, event.person_id, event.to_account_id),
        *(event.address, sorted(id.hex for id in shown)),
    ]
    return hashlib.sha256(json.dumps(content, default=_hex).encode()).hexdigest()


def _hex(id: UUID) -> str:
    return id.hex


def load_shown(tx: Transaction, events: Sequence[int]) -> Mapping[int, list[UUID]]:
    """Return the children that each of some entries shows."""
    shown: dict[int, list[UUID]] = {}
    query = select(SHOWN.c.event_id, SHOWN.c.shown_id).where(SHOWN.c.event_id.in_(events))
    for event, id in tx.connection.execute(query):
        shown.setdefault(event, []).append(id)
    return shown


def newest_purge(tx: Transaction) -> ChainEnd:
    """Return the end of the purged part of the chain."""
    query = select(PURGE.c.through, PURGE.c.digest).order_by(PURGE.c.through.desc()).limit(1)
    row = tx.connection.execute(query).first()
    return ChainEnd(*row) if row else ChainEnd()


def newest_seal(tx: Transaction) -> ChainEnd:
    """Return the end of the chain."""
    query = select(SEAL.c.number, SEAL.c.digest).order_by(SEAL.c.number.desc()).limit(1)
    row = tx.connection.execute(query).first()
    return ChainEnd(*row) if row else newest_purge(tx)


async def run_sealing(services: Services) -> None:
    """Seal new entries every few seconds until cancelled."""
    sealing = Sealing(services)
    await repeat("sealing", SEAL_SECONDS, sealing.seal)


class Sealing:
    """Seals what is old enough, and signs the head of each day."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._searched_on: date | None = None
        self._searched_to = 0

    async def seal(self) -> int:
        """Seal the entries that are old enough and return their number."""
        count = await self._seal_between(await self._services.read(_late_start), None)
        day = london_day(self._services.clock())
        if not await self._services.read(partial(_has_head, day)):
            await self._services.write(partial(_sign_head, day))
        # Last, so that a search that fails stops neither seals nor heads.
        if self._searched_on != day:
            count += await self._search(day)
        return count

    async def _search(self, day: date) -> int:
        """Seal what a crash left out of the next range of the log, once a day for each range.

        A query of the whole of a large log could exceed its time limit.
        """
        after = self._searched_to
        until = await self._services.read(partial(find_range_end, AUDIT.c.id, after))
        count = await self._seal_between(after, until)
        if await self._services.read(partial(_find_unsealed, after, until, 1)):
            return count  # another process seals them
        self._searched_to = until or 0
        if until is None:
            self._searched_on = day
        return count

    async def _seal_between(self, after: int, until: int | None) -> int:
        count = 0
        while await self._services.read(partial(_find_unsealed, after, until, 1)):
            sealed = await self._services.write(partial(_seal_batch, after, until))
            if not sealed:  # another process seals them
                break
            count += len(sealed)
            after = sealed[-1]
        return count


def _late_start(tx: Transaction) -> int:
    """Return the id after which entries may have committed late."""
    # The newest seal may be that of an old entry.
    newest = select(SEAL.c.event_id).order_by(SEAL.c.number.desc()).limit(LATE_IDS).subquery()
    last = tx.connection.execute(select(func.max(newest.c.event_id))).scalar()
    return (last or 0) - LATE_IDS


def find_range_end(column: ColumnElement[int], after: int, tx: Transaction) -> int | None:
    """Return the last value of a range of rows; None if the table ends within it."""
    query = select(column).where(column > after).order_by(column).offset(SEARCH_ROWS - 1).limit(1)
    return tx.connection.execute(query).scalar()


def _find_unsealed(
    after: int, until: int | None, limit: int, tx: Transaction
) -> Sequence[Row[*tuple[Any, ...]]]:
    # An entry dated in the future, by a wrong clock, does not wait.
    is_old = ~AUDIT.c.at.between(tx.now - MIN_AGE, tx.now)
    query = select(AUDIT).where(AUDIT.c.id > after, ~IS_SEALED, is_old)
    if until is not None:
        query = query.where(AUDIT.c.id <= until)
    return tx.connection.execute(query.order_by(AUDIT.c.id).limit(limit)).all()


def _seal_batch(after: int, until: int | None, tx: Transaction) -> Sequence[int]:
    """Seal a batch and return its ids; none if another process is sealing."""
    if not _lock(tx):
        return []
    events = _find_unsealed(after, until, BATCH_SIZE, tx)
    end = newest_seal(tx)
    shown = load_shown(tx, [event.id for event in events])
    seals = []
    for event in events:
        digest = chain_digest(end.digest, event, shown.get(event.id, ()))
        end = ChainEnd(end.number + 1, digest)
        seals.append({"number": end.number, "event_id": event.id, "digest": digest})
    if seals:
        tx.connection.execute(insert(SEAL), seals)
    return [event.id for event in events]


def _lock(tx: Transaction) -> bool:
    """Let one process at a time add seals, heads and purges; SQLite has one writer anyway."""
    if tx.connection.dialect.name != "postgresql":
        return True
    query = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(tx.connection.execute(query, {"key": _LOCK_KEY}).scalar_one())


def _has_head(day: date, tx: Transaction) -> bool:
    query = select(func.count()).where(HEAD.c.day == day)
    return bool(tx.connection.execute(query).scalar_one())


def _sign_head(day: date, tx: Transaction) -> None:
    end = newest_seal(tx)
    if not end.number or not _lock(tx) or _has_head(day, tx):
        return
    signature = tx.services.keys.sign(Purpose.AUDIT, head_content(day, end)).hex()
    values = {"day": day, "number": end.number, "digest": end.digest, "signature": signature}
    tx.connection.execute(insert(HEAD), values)


def head_content(day: date, end: ChainEnd) -> bytes:
    """Return the signed content of a head."""
    return f"portal audit head {day} {end.number} {end.digest}".encode()


def purge_content(end: ChainEnd, at: datetime) -> bytes:
    """Return the signed content of a purge."""
    return f"portal audit purge {end.number} {end.digest} {at.isoformat()}".encode()


def purge_before(tx: Transaction, day: date) -> int:
    """Delete the sealed entries from before a London day, and return their number.

    The newest seal that goes is recorded and signed first. Entries sealed after a younger one stay
    with it. On PostgreSQL, only the owner of the tables may do this.
    """
    if tx.connection.dialect.name == "postgresql":
        query = text("SELECT pg_advisory_xact_lock(:key)")
        tx.connection.execute(query, {"key": _LOCK_KEY})
    start = datetime.combine(day, time(), LONDON)
    stays = select(func.min(SEAL.c.number)).join(AUDIT, AUDIT.c.id == SEAL.c.event_id)
    first_to_stay = tx.connection.execute(stays.where(AUDIT.c.at >= start)).scalar_one()
    last = select(SEAL.c.number, SEAL.c.digest).order_by(SEAL.c.number.desc()).limit(1)
    if first_to_stay is not None:
        last = last.where(SEAL.c.number < first_to_stay)
    row = tx.connection.execute(last).first()
    if row is None:
        return 0
    end = ChainEnd(*row)
    signature = tx.services.keys.sign(Purpose.AUDIT, purge_content(end, tx.now)).hex()
    values = {"through": end.number, "digest": end.digest, "at": tx.now, "signature": signature}
    tx.connection.execute(insert(PURGE), values)
    events = select(SEAL.c.event_id).where(SEAL.c.number <= end.number)
    for column in (SHOWN.c.event_id, RUN.c.event_id, AUDIT.c.id):
        tx.connection.execute(delete(column.table).where(column.in_(events)))
    return tx.connection.execute(delete(SEAL).where(SEAL.c.number <= end.number)).rowcount
