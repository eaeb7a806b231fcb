"""Counts of a load test: how long requests took, and how many were refused or failed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter

from benchmarks.http_client import Connection, Reply, Request

PATIENCE = 20.0
"""Seconds after which a request without a reply is an error, as in the portal's client."""
PAUSE_AFTER_ERROR = 0.1
NO_REPLY = f"no reply within {PATIENCE:g} s"
BROKEN = "connection broken"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed, or 0 if none."""
    ordered = sorted(values)
    return ordered[max(1, ceil(share * len(ordered))) - 1] if ordered else 0.0


@dataclass
class Tally:
    """The counts of one run; waits are in seconds."""

    waits: list[float] = field(default_factory=list)
    """Wait of each request that was served or given up."""
    served: int = 0
    refusals: int = 0
    """Replies of 503 with Retry-After: the server is busy and says when to retry."""
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests served per second."""
        return self.served / self.seconds if self.seconds else 0.0

    @property
    def p50(self) -> float:
        """The median wait."""
        return percentile(self.waits, 0.5)

    @property
    def p99(self) -> float:
        """The wait that 99 of 100 requests stay within."""
        return percentile(self.waits, 0.99)

    @property
    def worst(self) -> float:
        """The longest wait."""
        return max(self.waits, default=0.0)

    def add(self, other: "Tally") -> None:
        """Add the counts of another tally of the same run."""
        self.waits += other.waits
        self.served += other.served
        self.refusals += other.refusals
        self.errors += other.errors
        self.seconds = max(self.seconds, other.seconds)


async def send(
    connection: Connection,
    request: Request,
    tally: Tally,
    *,
    since: float | None = None,
    until: float = float("inf"),
) -> Reply | None:
    """Send a request and count the outcome; returns the reply if it was served.

    A refused request is sent again after its Retry-After, unless that is later than `until`. The
    wait, including refusals, is counted from `since`, or else from when the request was first
    sent. Both are values of `perf_counter`.
    """
    since = perf_counter() if since is None else since
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await connection.send(request)
        except TimeoutError:
            tally.waits.append(perf_counter() - since)
            await _count_error(tally, NO_REPLY)
            return None
        except OSError:
            await _count_error(tally, BROKEN)
            return None
        now = perf_counter()
        retry_after = _retry_after(reply)
        if retry_after is None:
            break
        tally.refusals += 1
        if now + retry_after > until:
            tally.waits.append(now - since)
            return None
        await asyncio.sleep(retry_after)
    if reply.status >= 400:
        await _count_error(tally, f"HTTP {reply.status}")
        return None
    tally.waits.append(now - since)
    tally.served += 1
    return reply


def _retry_after(reply: Reply) -> float | None:
    """Return the Retry-After seconds of a refusal; None for any other reply."""
    seconds = reply.headers.get("retry-after", "")
    return float(seconds) if reply.status == 503 and seconds.isdecimal() else None


async def _count_error(tally: Tally, error: str) -> None:
    tally.errors[error] += 1
    await asyncio.sleep(PAUSE_AFTER_ERROR)
