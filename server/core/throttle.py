"""Throttle: a growing wait after failed tries, counted in the database for all workers.

A refusal that is raised rolls its transaction back, and the count with it. So who counts a
failure does it by `failed` and answers with `problems.reply(...)` instead of raising.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Field, SQLModel, col, delete, select

from server.core.database import Transaction
from server.core.keys import Purpose
from server.core.problems import PortalProblem
from shared.problems import ProblemCode

FREE = 5
LONGEST = 15 * 60
FREE_OF_ADDRESS = 50
"""A whole school may stand behind one address: one's mistakes must not keep the others out."""
FORGIVEN_EVERY = timedelta(seconds=LONGEST)
FORGIVEN_EVERY_OF_ADDRESS = timedelta(minutes=1)
"""Nothing else forgives an address: it must be more often than a school mistypes."""


class Doing(StrEnum):
    """What is tried."""

    SIGN_IN = "sign_in"
    RESET = "reset"
    REGISTER = "register"
    CODE = "code"


class Tries(SQLModel, table=True):
    """How often something failed for an email or a network address, by keyed hash."""

    __tablename__ = "tries"

    digest: str = Field(primary_key=True)
    failures: int
    last_at: datetime


def _digest(tx: Transaction, doing: Doing, key: str) -> str:
    return tx.services.keys.digest(Purpose.THROTTLE, f"{doing} {key.strip().lower()}")


def _free_tries(
    tx: Transaction, doing: Doing, keys: tuple[str, ...], address: str
) -> dict[str, int]:
    free = {_digest(tx, doing, key): FREE for key in keys}
    if address:
        free[_digest(tx, doing, address)] = FREE_OF_ADDRESS
    return free


def check(tx: Transaction, doing: Doing, *keys: str, address: str = "") -> None:
    """Raise TOO_MANY_TRIES with `retry_after` seconds while a wait has not passed."""
    free = _free_tries(tx, doing, keys, address)
    found = tx.session.exec(select(Tries).where(col(Tries.digest).in_(free))).all()
    ends = [row.last_at + _wait(row.failures - free[row.digest]) for row in found]
    seconds = max(((end - tx.now).total_seconds() for end in ends), default=0)
    if seconds > 0:
        wait = int(seconds) + 1
        told = f"{wait} seconds" if wait < 120 else f"{wait // 60 + 1} minutes"
        raise PortalProblem(
            ProblemCode.TOO_MANY_TRIES,
            f"There were too many tries. Wait {told}, then try again.",
            retry_after=wait,
        )


def _wait(over: int) -> timedelta:
    return timedelta(seconds=min(2**over, LONGEST) if 0 <= over < 10 else LONGEST * (over >= 10))


def failed(tx: Transaction, doing: Doing, *keys: str, address: str = "") -> None:
    """Count a failure; the wait doubles with each beyond those that are free.

    One is forgiven every 15 minutes without another, every minute of an address, so that
    somewhere where many mistype does not wait for ever.
    """
    for digest, free in _free_tries(tx, doing, keys, address).items():
        every = FORGIVEN_EVERY if free == FREE else FORGIVEN_EVERY_OF_ADDRESS
        row = tx.session.get(Tries, digest, with_for_update=True)
        if row is None:
            tx.session.add(Tries(digest=digest, failures=1, last_at=tx.now))
        else:
            row.failures = max(0, row.failures - (tx.now - row.last_at) // every) + 1
            row.last_at = tx.now
            tx.session.add(row)


def forgive(tx: Transaction, doing: Doing, *keys: str) -> None:
    """Forget the failures."""
    digests = [_digest(tx, doing, key) for key in keys]
    tx.session.exec(delete(Tries).where(col(Tries.digest).in_(digests)))
