"""Throttling: an increasing delay after failed attempts, counted in the database.

A raised problem rolls the transaction back, and the count with it. A caller of `record_failure`
therefore returns `problems.reply(...)` instead of raising.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Field, SQLModel, col, delete, select

from server.core.database import Transaction
from server.core.keys import Purpose
from server.core.problems import PortalProblem
from shared.problems import ProblemCode

FREE_TRIES = 5
MAX_DELAY = 15 * 60
FREE_TRIES_PER_ADDRESS = 50
"""A whole school may share one IP address; the mistakes of one user must not block the others."""
DECAY = timedelta(seconds=MAX_DELAY)
DECAY_PER_ADDRESS = timedelta(minutes=1)
"""Failures from an address are never reset, so they must decay faster than users mistype."""


class Operation(StrEnum):
    """A throttled operation."""

    SIGN_IN = "sign_in"
    RESET = "reset"
    REGISTER = "register"
    CODE = "code"
    RECEIPT = "receipt"
    FIND_ORGANISATION = "find_organisation"
    MESSAGE_OTHERS = "message_others"


@dataclass(frozen=True)
class Allowance:
    """How often an operation may be done: `burst` times at once, then once in each `interval`."""

    burst: int
    interval: timedelta


ALLOWANCES = {
    # A whole school may share one IP address, and each professional searches several times.
    Operation.FIND_ORGANISATION: Allowance(100, timedelta(seconds=1)),
    # Twenty messages to others in an hour are more than anybody's work needs.
    Operation.MESSAGE_OTHERS: Allowance(20, timedelta(minutes=3)),
}


class Tries(SQLModel, table=True):
    """Failures for an email or an IP address, by keyed hash."""

    __tablename__ = "tries"

    digest: str = Field(primary_key=True)
    failures: int
    last_at: datetime


def _digest(tx: Transaction, operation: Operation, key: str) -> str:
    return tx.services.keys.digest(Purpose.THROTTLE, f"{operation} {key.strip().lower()}")


def _free_tries_by_digest(
    tx: Transaction, operation: Operation, keys: tuple[str, ...], address: str
) -> dict[str, int]:
    free = {_digest(tx, operation, key): FREE_TRIES for key in keys}
    if address:
        free[_digest(tx, operation, address)] = FREE_TRIES_PER_ADDRESS
    return free


def check(tx: Transaction, operation: Operation, *keys: str, address: str = "") -> None:
    """Raise TOO_MANY_TRIES with `retry_after` seconds during a delay."""
    free = _free_tries_by_digest(tx, operation, keys, address)
    rows = tx.session.exec(select(Tries).where(col(Tries.digest).in_(free))).all()
    delay_ends = [row.last_at + _delay(row.failures - free[row.digest]) for row in rows]
    seconds = max(((end - tx.now).total_seconds() for end in delay_ends), default=0)
    if seconds > 0:
        raise _too_many(seconds, "There were too many tries.")


def _too_many(seconds: float, reason: str) -> PortalProblem:
    wait = int(seconds) + 1
    duration = f"{wait} seconds" if wait < 120 else f"{wait // 60 + 1} minutes"
    return PortalProblem(
        ProblemCode.TOO_MANY_TRIES,
        f"{reason} Wait {duration}, then try again.",
        retry_after=wait,
    )


def use_allowance(tx: Transaction, operation: Operation, key: str, reason: str) -> None:
    """Count an operation against its allowance; raises TOO_MANY_TRIES, which counts nothing."""
    allowance = ALLOWANCES[operation]
    digest = _digest(tx, operation, key)
    row = tx.session.get(Tries, digest, with_for_update=True)
    if row is None:
        tx.session.add(Tries(digest=digest, failures=1, last_at=tx.now))
        return
    last_at = min(row.last_at, tx.now)  # the clock may have been wrong
    regained = min((tx.now - last_at) // allowance.interval, row.failures)
    row.failures -= regained
    if row.failures >= allowance.burst:
        raise _too_many((last_at + allowance.interval - tx.now).total_seconds(), reason)
    # Time that has passed towards the next interval is kept.
    row.last_at = last_at + regained * allowance.interval if row.failures else tx.now
    row.failures += 1
    tx.session.add(row)


def _delay(excess: int) -> timedelta:
    return timedelta(
        seconds=min(2**excess, MAX_DELAY) if 0 <= excess < 10 else MAX_DELAY * (excess >= 10)
    )


def record_failure(tx: Transaction, operation: Operation, *keys: str, address: str = "") -> None:
    """Count a failure; the delay doubles with each failure beyond the free ones.

    The count decays by one for every 15 minutes without a failure, and every minute for an IP
    address, so that a site with many users is not blocked indefinitely.
    """
    for digest, free in _free_tries_by_digest(tx, operation, keys, address).items():
        decay = DECAY if free == FREE_TRIES else DECAY_PER_ADDRESS
        row = tx.session.get(Tries, digest, with_for_update=True)
        if row is None:
            tx.session.add(Tries(digest=digest, failures=1, last_at=tx.now))
        else:
            row.failures = max(0, row.failures - (tx.now - row.last_at) // decay) + 1
            row.last_at = tx.now
            tx.session.add(row)


def reset(tx: Transaction, operation: Operation, *keys: str) -> None:
    """Reset the failures counted for keys."""
    digests = [_digest(tx, operation, key) for key in keys]
    tx.session.exec(delete(Tries).where(col(Tries.digest).in_(digests)))
