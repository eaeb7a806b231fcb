"""P17: p50 of one account's requests, alone and while another has 100 requests in flight."""

from collections.abc import Iterator
from functools import partial
from threading import Thread

from benchmarks.jobs import Job, read, run_for, save
from benchmarks.row import Row, measure_medians
from benchmarks.tutorial import Target, run_portal

IN_FLIGHT = 100
SECONDS = 1.0
HEAD_START = 0.3
"""Seconds until all requests of the busy account are in flight."""
GOAL = 8.0


def measure_rows() -> Iterator[Row]:
    """Compare an account beside a busy one with the account alone, in turn."""
    with run_portal(2) as target:
        for name, job in (("read", read), ("save", save)):
            medians = measure_medians(
                {
                    "alone": partial(_measure, target, job),
                    "beside": partial(_measure_beside, target, job),
                }
            )
            label = f"{name} beside {IN_FLIGHT} requests of one account, p50"
            yield Row("P17", label, medians["beside"], medians["alone"], GOAL, "ms")


def _measure(target: Target, job: Job) -> float:
    return run_for(target.url, [(target.people[0], job)], SECONDS).p50 * 1000


def _measure_beside(target: Target, job: Job) -> float:
    """Measure while another account reads without a pause, on all its connections."""
    crowd = [(target.people[1], read)] * IN_FLIGHT
    busy = Thread(target=run_for, args=(target.url, crowd, SECONDS + 2 * HEAD_START))
    busy.start()
    busy.join(HEAD_START)
    p50 = _measure(target, job)
    busy.join()
    return p50
