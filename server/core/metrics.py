"""What this process counts and measures for Prometheus; see docs/watching.md.

Labels hold route templates and words of the program only, never an id or a personal detail. The
processes of one server write their figures to the files of a folder (`share_figures`), so that each
can report the sum.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder, from its import on."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "?"
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# They would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in the library
_registry = CollectorRegistry()
REQUESTS = Counter(
    "portal_http_requests",
    "Requests by route template, method and status.",
    ("route", "method", "status"),
    registry=_registry,
)
REQUEST_SECONDS = Histogram(
    "portal_http_request_duration_seconds",
    "Time from the head of a request to the end of its response, by route template.",
    ("route",),
    registry=_registry,
    buckets=SECONDS_BUCKETS,
)
QUEUE_WAIT = Histogram(
    "portal_queue_wait_seconds",
    "Time that work waited for a thread, by pool.",
    ("pool",),
    registry=_registry,
    buckets=SECONDS_BUCKETS,
)
SAVES = Counter("portal_saves", "Saves of answers, without repeats.", registry=_registry)
REMINDERS = Counter("portal_reminders", "Deadlines reminded of.", registry=_registry)
SIGN_INS = Counter(
    "portal_sign_ins",
    "Sign-ins, and those refused for a wrong password or code.",
    ("outcome",),
    registry=_registry,
)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request by its route template, which is NO_ROUTE if it has none."""
    # A client chooses the method, and each new label value is stored.
    requests, durations = _series(route, method if method in METHODS else "other", status)
    requests.inc()
    durations.observe(seconds)


@cache
def _series(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts a request; finding it by its labels takes longer than counting."""
    return REQUESTS.labels(route, method, status), REQUEST_SECONDS.labels(route)


@contextmanager
def share_figures() -> Iterator[None]:
    """Provide a folder in which processes started meanwhile add up their figures."""
    with TemporaryDirectory(prefix="portal-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]


class _Gauges(Collector):
    """Families that were read elsewhere, as a collector."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return the families."""
        return self._families


def render(gauges: Iterable[Metric]) -> bytes:
    """Render gauges, and the figures of all processes, as Prometheus's text."""
    registry = CollectorRegistry()
    registry.register(_Gauges(gauges))
    if SHARED_FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped in the library
    else:
        registry.register(_registry)
    return generate_latest(registry)
