"""Throttling: an increasing delay after failed attempts, counted in the database.

A raised problem rolls the transaction back, and the count with it. A caller of `record_failure`
therefore returns `problems.reply(...)` instead of raising.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from math import ceil

from sqlmodel import Field, SQLModel, col, delete, or_, select

from server.core.database import Transaction
from server.core.keys import Purpose
from server.core.moments import elapsed
from server.core.problems import PortalProblem
from shared.problems import ProblemCode


@dataclass(frozen=True)
class Limit:
    """Failures without a delay, the longest delay, and how long until one is forgotten."""

    free: int
    decay: timedelta
    max_delay: timedelta = timedelta(minutes=15)

    def decayed(self, failures: int, since: timedelta) -> int:
        """Return the failures that still count some time after the last."""
        return max(0, failures - since // self.decay)

    def delay(self, failures: int) -> timedelta:
        """Return the delay after the last failure: it doubles, and falls as failures decay."""
        excess = failures - self.free
        return min(
            max(self.decay * step, self._delay_for(excess - step))
            for step in range(max(excess, 0) + 2)
        )

    def _delay_for(self, excess: int) -> timedelta:
        if excess < 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(excess, MAX_EXCESS)), self.max_delay)


MAX_EXCESS = 10
"""Further failures count no more, so that a delay ends soon after the guessing does."""
EMAIL_FROM_ANYWHERE = Limit(free=5, decay=timedelta(minutes=1))
"""Guesses from many addresses; the owner must not wait long for their end."""
EMAIL_FROM_ADDRESS = Limit(free=5, decay=timedelta(minutes=10))
ACCOUNT = Limit(free=5, decay=timedelta(minutes=15))
ADDRESS = Limit(free=50, decay=timedelta(minutes=1))
"""For what sends mail or guesses tokens; a whole school may share one address."""
ADDRESS_SIGNING_IN = Limit(free=300, decay=timedelta(seconds=6))
KNOWN_ADDRESS = Limit(free=3000, decay=timedelta(seconds=6))
"""For sign-in from an address where devices have signed in: an office stays in for longer."""
KNOWN_DEVICE = Limit(free=5, decay=timedelta(minutes=1), max_delay=timedelta(minutes=1))


class Operation(StrEnum):
    """A throttled operation."""

    SIGN_IN = "sign_in"
    RESET = "reset"
    REGISTER = "register"
    EMAIL = "email"
    CODE = "code"
    RECEIPT = "receipt"
    FIND_ORGANISATION = "find_organisation"
    MESSAGE_OTHERS = "message_others"
    SSH = "ssh"


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
    """Failures for an email, an account, a device or an IP address, by keyed hash."""

    __tablename__ = "tries"

    digest: str = Field(primary_key=True)
    subject: str | None = Field(default=None, index=True)
    """The digest of the email or account, if this row counts only a part of its failures."""
    failures: int
    last_at: datetime


@dataclass(frozen=True)
class Source:
    """Where an attempt comes from.

    `device` identifies a device that signed in to the account before. The address as a whole is
    held up later if it is known, because other devices have signed in from there.
    """

    address: str = ""
    device: str = ""
    is_known_address: bool = False


NOWHERE = Source()


@dataclass(frozen=True)
class _Counter:
    """A row to count in, and its limit."""

    digest: str
    limit: Limit
    subject: str | None = None


def _digest(tx: Transaction, operation: Operation, key: str) -> str:
    return tx.services.keys.digest(Purpose.THROTTLE, f"{operation} {key.strip().lower()}")


def _counters(
    tx: Transaction, operation: Operation, keys: tuple[str, ...], source: Source
) -> dict[str, _Counter]:
    digest = partial(_digest, tx, operation)
    signs_in = operation is Operation.SIGN_IN
    counters = []
    for key in keys:
        subject = digest(key)
        if source.device:
            # Nobody else has this device, so the guesses of others don't hold it up.
            counters.append(_Counter(digest(f"{key} on {source.device}"), KNOWN_DEVICE, subject))
            continue
        counters.append(_Counter(subject, EMAIL_FROM_ANYWHERE if signs_in else ACCOUNT))
        if signs_in and source.address:
            part = digest(f"{key} from {source.address}")
            counters.append(_Counter(part, EMAIL_FROM_ADDRESS, subject))
    if source.address and not source.device:
        signing_in = KNOWN_ADDRESS if source.is_known_address else ADDRESS_SIGNING_IN
        counters.append(_Counter(digest(source.address), signing_in if signs_in else ADDRESS))
    return {counter.digest: counter for counter in counters}


def check(tx: Transaction, operation: Operation, *keys: str, source: Source = NOWHERE) -> None:
    """Raise TOO_MANY_TRIES with `retry_after` seconds during a delay."""
    counters = _counters(tx, operation, keys, source)
    rows = tx.session.exec(select(Tries).where(col(Tries.digest).in_(counters))).all()
    delays = [_remaining(tx, row, counters[row.digest].limit) for row in rows]
    if (longest := max(delays, default=timedelta(0))) > timedelta(0):
        raise _too_many(longest, "There were too many tries.")


def _too_many(delay: timedelta, reason: str) -> PortalProblem:
    wait = ceil(delay.total_seconds())
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
        raise _too_many(last_at + allowance.interval - tx.now, reason)
    # Time that has passed towards the next interval is kept.
    row.last_at = last_at + regained * allowance.interval if row.failures else tx.now
    row.failures += 1
    tx.session.add(row)


def _remaining(tx: Transaction, row: Tries, limit: Limit) -> timedelta:
    return limit.delay(row.failures) - elapsed(row.last_at, tx.now)


def is_held_up(tx: Transaction, operation: Operation, key: str) -> bool:
    """Whether an operation is delayed for an email or an account from any place."""
    digest = _digest(tx, operation, key)
    rows = tx.session.exec(
        select(Tries).where(or_(Tries.digest == digest, Tries.subject == digest))
    ).all()
    is_sign_in = operation is Operation.SIGN_IN
    limits = (EMAIL_FROM_ANYWHERE, EMAIL_FROM_ADDRESS) if is_sign_in else (ACCOUNT, KNOWN_DEVICE)
    return any(_remaining(tx, row, limits[row.subject is not None]) > timedelta(0) for row in rows)


def record_failure(
    tx: Transaction, operation: Operation, *keys: str, source: Source = NOWHERE
) -> None:
    """Count a failure; the delay doubles with each failure beyond the free ones of its limit."""
    # In one order everywhere, or two attempts would wait for each other's rows.
    for digest, counter in sorted(_counters(tx, operation, keys, source).items()):
        row = tx.session.get(Tries, digest, with_for_update=True)
        if row is None:
            row = Tries(digest=digest, subject=counter.subject, failures=0, last_at=tx.now)
        limit = counter.limit
        failures = limit.decayed(row.failures, elapsed(row.last_at, tx.now)) + 1
        row.failures = min(failures, limit.free + MAX_EXCESS)
        row.last_at = tx.now
        tx.session.add(row)


def reset(tx: Transaction, operation: Operation, *keys: str, source: Source = NOWHERE) -> None:
    """Reset the failures of keys, and those of keys from a source, but not of its address."""
    counters = _counters(tx, operation, keys, source)
    digests = {_digest(tx, operation, key) for key in keys}
    digests |= {digest for digest, counter in counters.items() if counter.subject}
    tx.session.exec(delete(Tries).where(col(Tries.digest).in_(digests)))


def reset_everywhere(tx: Transaction, operation: Operation, key: str) -> None:
    """Reset the failures of a key from every place."""
    digest = _digest(tx, operation, key)
    tx.session.exec(
        delete(Tries).where(or_(col(Tries.digest) == digest, col(Tries.subject) == digest))
    )
