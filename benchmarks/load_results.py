"""Results of a load test: latencies, refusals and errors."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter

from benchmarks.http_client import Connection, Request, Response

TIMEOUT_SECONDS = 20.0
"""Request timeout, as in the portal's client."""
PAUSE_AFTER_ERROR = 0.1
NO_RESPONSE = f"no response within {TIMEOUT_SECONDS:g} s"
CONNECTION_LOST = "connection lost"


def percentile(values: Sequence[float], fraction: float) -> float:
    """Return the nearest-rank percentile of the values, or 0 if there are none."""
    ordered = sorted(values)
    return ordered[max(1, ceil(fraction * len(ordered))) - 1] if ordered else 0.0


@dataclass
class LoadResults:
    """Results of one run; latencies are in seconds."""

    latencies: list[float] = field(default_factory=list)
    """Latencies of requests that were served, timed out, or were still refused at the end."""
    served: int = 0
    refusals: int = 0
    """Responses of 503 with Retry-After, sent by a busy server."""
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests served per second."""
        return self.served / self.seconds if self.seconds else 0.0

    @property
    def p50(self) -> float:
        """The median latency."""
        return percentile(self.latencies, 0.5)

    @property
    def p99(self) -> float:
        """The 99th-percentile latency."""
        return percentile(self.latencies, 0.99)

    @property
    def max_latency(self) -> float:
        """The highest latency."""
        return max(self.latencies, default=0.0)

    def add(self, other: "LoadResults") -> None:
        """Add other results of the same run."""
        self.latencies += other.latencies
        self.served += other.served
        self.refusals += other.refusals
        self.errors += other.errors
        self.seconds = max(self.seconds, other.seconds)


async def send(
    connection: Connection,
    request: Request,
    results: LoadResults,
    *,
    since: float | None = None,
    until: float = float("inf"),
) -> Response | None:
    """Send a request, record the outcome, and return the response if it was served.

    A refused request is retried after its Retry-After, unless that is later than `until`. Latency,
    including retries, is measured from `since`, or from the first attempt. Both are values of
    `perf_counter`.
    """
    since = perf_counter() if since is None else since
    while True:
        response = await _send_once(connection, request, results, since)
        if response is None:
            return None
        now = perf_counter()
        retry_after = _retry_after(response)
        if retry_after is None:
            break
        results.refusals += 1
        if now + retry_after > until:
            results.latencies.append(now - since)
            return None
        await asyncio.sleep(retry_after)
    if response.status >= 400:
        await _count_error(results, f"HTTP {response.status}")
        return None
    results.latencies.append(now - since)
    results.served += 1
    return response


async def _send_once(
    connection: Connection, request: Request, results: LoadResults, since: float
) -> Response | None:
    """Send a request and return the response, or record the error and return None."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await connection.send(request)
    except TimeoutError:
        results.latencies.append(perf_counter() - since)
        await _count_error(results, NO_RESPONSE)
    except OSError:
        await _count_error(results, CONNECTION_LOST)
    return None


def _retry_after(response: Response) -> float | None:
    """Return the Retry-After seconds of a refusal, or None for any other response."""
    seconds = response.headers.get("retry-after", "")
    return float(seconds) if response.status == 503 and seconds.isdecimal() else None


async def _count_error(results: LoadResults, error: str) -> None:
    results.errors[error] += 1
    await asyncio.sleep(PAUSE_AFTER_ERROR)
