"""P8: latency of reads while 50 people sign in at once, with one worker."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import NamedTuple

import uvloop

from benchmarks.http_client import Request, Response
from benchmarks.jobs import connect, read, read_portal, send_password
from benchmarks.load_results import LoadResults, send
from benchmarks.row import ROUNDS, Row, measure_in_turn
from benchmarks.seeding import PASSWORD, Professional
from benchmarks.tutorial import Target, run_portal
from server.core.passwords import hash_password

SIGN_INS = 50
READERS = 8
INTERVAL_SECONDS = 0.1
"""Interval of one reader's requests; all readers together leave a core mostly idle."""
IDLE_SECONDS = 3.0
GOAL = 2.0


class SignInResults(NamedTuple):
    """Results of the readers, and of the clients that signed in."""

    readers: LoadResults
    sign_ins: LoadResults


def measure_rows() -> Iterator[Row]:
    """Compare read latency with and without sign-ins, and report the sign-in latency."""
    with run_portal(SIGN_INS + READERS) as target:
        results = measure_in_turn(
            {
                "idle": partial(_measure_run, target, 0),
                "busy": partial(_measure_run, target, SIGN_INS),
            }
        )
    idle, busy = results["idle"], results["busy"]
    yield Row(
        "P8",
        f"readers' p99 while {SIGN_INS} sign in",
        median(result.readers.p99 for result in busy) * 1000,
        median(result.readers.p99 for result in idle) * 1000,
        GOAL,
        "ms",
    )
    yield Row(
        "P8",
        f"errors while {SIGN_INS} sign in",
        sum(_count_errors(result) for result in busy),
        sum(_count_errors(result) for result in idle),
        0,
        "",
        absolute=True,
    )
    yield Row(
        "P8",
        f"the last of {SIGN_INS} to sign in, vs {SIGN_INS} bare hashes",
        median(result.sign_ins.max_latency for result in busy),
        SIGN_INS * median(_time_hash() for _ in range(ROUNDS)),
        None,
        "s",
    )


def _count_errors(results: SignInResults) -> int:
    return results.readers.errors.total() + results.sign_ins.errors.total()


def _time_hash() -> float:
    started_at = perf_counter()
    hash_password(PASSWORD)
    return perf_counter() - started_at


def _measure_run(target: Target, sign_ins: int) -> SignInResults:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(target, sign_ins))


async def _run(target: Target, sign_ins: int) -> SignInResults:
    """Let the readers read until all have signed in, or for a while if nobody does."""
    results, stop_event = SignInResults(LoadResults(), LoadResults()), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, user in enumerate(target.people[sign_ins : sign_ins + READERS]):
            phase = number / READERS * INTERVAL_SECONDS
            group.create_task(_keep_reading(target.url, user, phase, results.readers, stop_event))
        async with asyncio.TaskGroup() as sign_in_group:
            for user in target.people[:sign_ins]:
                sign_in_group.create_task(_sign_in(target.url, user, results.sign_ins))
            if not sign_ins:
                sign_in_group.create_task(asyncio.sleep(IDLE_SECONDS))
        stop_event.set()
    return results


async def _sign_in(url: str, user: Professional, results: LoadResults) -> None:
    connection = connect(url)
    await send_password(user, partial(send, connection, results=results))
    connection.close()


async def _keep_reading(
    url: str, user: Professional, phase: float, results: LoadResults, stop_event: asyncio.Event
) -> None:
    connection, due_at = connect(url), perf_counter() + phase

    async def send_and_record(request: Request) -> Response | None:
        return await send(connection, request, results, since=due_at)

    for job in cycle((read_portal, read)):
        await asyncio.sleep(max(0.0, due_at - perf_counter()))
        if stop_event.is_set():
            break
        await job(user, send_and_record)
        due_at += INTERVAL_SECONDS
    connection.close()
