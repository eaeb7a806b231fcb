"""Verification of the audit log: what was changed, deleted or added by other means than the portal.

The chain is computed again from the entries. Someone who has the database but not the portal's
secret key can make a chain anew, but no heads and no purges.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text

from server.core.database import Transaction
from server.core.keys import is_signed
from server.core.seals import (
    AUDIT,
    HEAD,
    IS_SEALED,
    PURGE,
    SEAL,
    ChainEnd,
    chain_digest,
    find_range_end,
    head_content,
    load_shown,
    newest_purge,
    purge_content,
)
from server.core.secret_key import audit_keys

MAX_PROBLEMS = 20
BATCH_SIZE = 1_000
SEALED_WITHIN = timedelta(hours=1)
"""How long an entry may be older than the newest and not be sealed."""
BACKDATED = timedelta(hours=1)
"""An entry dated so long before the one sealed before it was added later, or by a wrong clock."""
SIGNED_WITHIN = timedelta(days=2)
"""How long an entry may be older than the newest and not be covered by a head."""
UNREADABLE = (ValueError, TypeError, AttributeError)
"""Errors for values that the portal never writes."""

Event = Row[*tuple[Any, ...]]
Problems = Iterator[str]


@dataclass(frozen=True)
class Head:
    """The newest seal on a day, signed; `str` gives the text to keep elsewhere."""

    day: date
    end: ChainEnd
    signature: str

    def __str__(self) -> str:
        return f"{self.day}:{self.end.number}:{self.end.digest}:{self.signature}"

    @classmethod
    def parse(cls, head: str) -> "Head":
        """Parse the text of a head; raises ValueError."""
        day, number, digest, signature = head.strip().split(":")
        return cls(date.fromisoformat(day), ChainEnd(int(number), digest), signature)


def newest_head(tx: Transaction) -> Head | None:
    """Return the head of the newest day."""
    row = tx.connection.execute(select(HEAD).order_by(HEAD.c.day.desc()).limit(1)).first()
    return _head(row) if row else None


def _head(row: Event) -> Head:
    return Head(row.day, ChainEnd(row.number, row.digest), row.signature)


def verify(tx: Transaction, expected: Head | None = None) -> list[str]:
    """Return the first problems of the log, if any; `expected` is a head kept elsewhere."""
    problems = chain(
        _check_triggers(tx),
        _check_purges(tx),
        _check_seals(tx),
        _check_unsealed(tx),
        _check_heads(tx, expected),
    )
    return list(islice(problems, MAX_PROBLEMS))


def _check_triggers(tx: Transaction) -> Problems:
    is_sqlite = tx.connection.dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    )
    names = set(tx.connection.execute(text(query)).scalars())
    for table in ("audit_event", "audit_shown", "audit_seal", "audit_head", "audit_purge"):
        for event in ("update", "delete", "replace" if is_sqlite else "truncate"):
            if f"{table}_{event}" not in names:
                yield f"The table {table} is not protected: its trigger for {event} is missing."


def _is_signed(tx: Transaction, content: bytes, signature: str) -> bool:
    """Return whether a head or purge is signed with the portal's key, or one that it replaced."""
    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        return False
    keys = audit_keys(tx.session, tx.services.keys)
    return any(is_signed(key, content, signed) for key in keys)


def _check_purges(tx: Transaction) -> Problems:
    for row in tx.connection.execute(select(PURGE).order_by(PURGE.c.through)).all():
        content = purge_content(ChainEnd(row.through, row.digest), row.at)
        if not _is_signed(tx, content, row.signature):
            yield f"The purge through seal {row.through} is not signed with the portal's key."


def _check_seals(tx: Transaction) -> Problems:
    """Compute the chain again, from the newest purge."""
    end, newest = newest_purge(tx), None
    query = select(SEAL).order_by(SEAL.c.number).limit(BATCH_SIZE)
    while seals := tx.connection.execute(query.where(SEAL.c.number > end.number)).all():
        ids = [seal.event_id for seal in seals]
        events, shown = _read(_load_events, tx, ids), _read(load_shown, tx, ids)
        for seal in seals:
            event = events.get(seal.event_id)
            is_next = seal.number == end.number + 1
            if not is_next:
                yield f"Seals {end.number + 1} to {seal.number - 1} are missing."
            if seal.event_id not in events:
                yield f"Entry {seal.event_id} was deleted."
            elif event is None or (
                is_next and not _has_digest(seal.digest, end, event, shown.get(event.id) or ())
            ):
                yield f"Entry {seal.event_id}, or its seal {seal.number}, was changed."
            elif newest is not None and newest - event.at > BACKDATED:
                yield (
                    f"Entry {event.id} is dated {event.at}, but was added after one of {newest}:"
                    " it was added by other means, or the clock was wrong."
                )
            newest = event.at if event is not None else newest
            end = ChainEnd(seal.number, seal.digest)


def _has_digest(digest: str, end: ChainEnd, event: Event, shown: Sequence[UUID]) -> bool:
    try:
        return chain_digest(end.digest, event, shown) == digest
    except UNREADABLE:
        return False


def _load_events(tx: Transaction, ids: Sequence[int]) -> Mapping[int, Event]:
    rows = tx.connection.execute(select(AUDIT).where(AUDIT.c.id.in_(ids)))
    return {row.id: row for row in rows}


def _read(
    load: Callable[[Transaction, Sequence[int]], Mapping[int, Any]],
    tx: Transaction,
    ids: Sequence[int],
) -> dict[int, Any]:
    """Load rows by the ids of their entries; None for those that can't be read."""
    try:
        return dict(load(tx, ids))
    except UNREADABLE:
        if len(ids) == 1:
            return {ids[0]: None}
        half = len(ids) // 2
        return _read(load, tx, ids[:half]) | _read(load, tx, ids[half:])


def _newest_time(tx: Transaction) -> datetime:
    try:
        newest: datetime | None = tx.connection.execute(select(func.max(AUDIT.c.at))).scalar_one()
    except UNREADABLE:
        return tx.now
    return newest or tx.now


def _ranges(tx: Transaction, column: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that divide a table into ranges that a query can search in time."""
    after = tx.connection.execute(select(func.min(column))).scalar()
    if after is None:
        return
    after -= 1
    while (until := find_range_end(column, after, tx)) is not None:
        yield column.between(after + 1, until)
        after = until
    yield column > after


def _check_unsealed(tx: Transaction) -> Problems:
    # Compared with the newest entry, because a server that is stopped seals nothing.
    until = _newest_time(tx) - SEALED_WITHIN
    query = select(AUDIT.c.id).where(~IS_SEALED, AUDIT.c.at < until).order_by(AUDIT.c.id)
    for range_ in _ranges(tx, AUDIT.c.id):
        for id in tx.connection.execute(query.where(range_).limit(MAX_PROBLEMS)).scalars():
            yield (
                f"Entry {id} is not sealed: it was added by other means, or sealing does not work."
            )


def _check_heads(tx: Transaction, expected: Head | None) -> Problems:
    heads = [_head(row) for row in tx.connection.execute(select(HEAD).order_by(HEAD.c.day))]
    purge = newest_purge(tx)
    for head in [*heads, expected] if expected else heads:
        yield from _check_head(tx, head, purge)
    covered = max((head.end.number for head in heads), default=0)
    query = (
        select(AUDIT.c.id)
        .join(SEAL, SEAL.c.event_id == AUDIT.c.id)
        .where(SEAL.c.number > covered, AUDIT.c.at < _newest_time(tx) - SIGNED_WITHIN)
        .order_by(SEAL.c.number)
        .limit(1)
    )
    for range_ in _ranges(tx, SEAL.c.number):
        first = tx.connection.execute(query.where(range_)).scalar()
        if first is not None:
            yield f"Entry {first} and later ones have no signed head: heads were deleted."
            return


def _check_head(tx: Transaction, head: Head, purge: ChainEnd) -> Problems:
    number, digest = head.end.number, head.end.digest
    if not _is_signed(tx, head_content(head.day, head.end), head.signature):
        yield f"The head of {head.day} is not signed with the portal's key."
    if number < purge.number:  # its seal was purged
        return
    query = select(SEAL.c.digest, SEAL.c.event_id).where(SEAL.c.number == number)
    seal = tx.connection.execute(query).first()
    if number == purge.number:
        if digest != purge.digest:
            yield f"The purge through seal {number} differs from the head of {head.day}."
    elif seal is None:
        yield f"Seal {number} of the head of {head.day} is missing: entries were deleted."
    elif seal.digest != digest:
        yield (
            f"Entry {seal.event_id}, or one before it, was changed and sealed anew:"
            f" seal {number} differs from the head of {head.day}."
        )
