"""P8: how long others wait while 50 people sign in at once, with one worker."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import NamedTuple

import uvloop

from benchmarks.http_client import Reply, Request
from benchmarks.jobs import connect, read, read_portal, send_password
from benchmarks.row import ROUNDS, Row, measure_in_turn
from benchmarks.seeding import PASSWORD, Professional
from benchmarks.tally import Tally, send
from benchmarks.tutorial import Side, portal
from server.core.passwords import hash_password

SIGN_INS = 50
OTHERS = 8
EVERY = 0.1
"""Seconds between two requests of one other client; together they leave a core mostly idle."""
IDLE_SECONDS = 3.0
GOAL = 2.0


class Waits(NamedTuple):
    """The waits of the others, and of those who signed in."""

    others: Tally
    signing_in: Tally


def rows() -> Iterator[Row]:
    """Compare the others' waits to those while nobody signs in; report the wait to sign in."""
    with portal(SIGN_INS + OTHERS) as side:
        waits = measure_in_turn(
            {"idle": partial(_measure, side, 0), "busy": partial(_measure, side, SIGN_INS)}
        )
    idle, busy = waits["idle"], waits["busy"]
    yield Row(
        "P8",
        f"others' p99 while {SIGN_INS} sign in",
        median(each.others.p99 for each in busy) * 1000,
        median(each.others.p99 for each in idle) * 1000,
        GOAL,
        "ms",
    )
    yield Row(
        "P8",
        f"errors while {SIGN_INS} sign in",
        sum(_errors(each) for each in busy),
        sum(_errors(each) for each in idle),
        0,
        "",
        absolute=True,
    )
    yield Row(
        "P8",
        f"the last of {SIGN_INS} to sign in, to {SIGN_INS} bare hashes",
        median(each.signing_in.worst for each in busy),
        SIGN_INS * median(_hash_seconds() for _ in range(ROUNDS)),
        None,
        "s",
    )


def _errors(waits: Waits) -> int:
    return waits.others.errors.total() + waits.signing_in.errors.total()


def _hash_seconds() -> float:
    started = perf_counter()
    hash_password(PASSWORD)
    return perf_counter() - started


def _measure(side: Side, sign_ins: int) -> Waits:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(side, sign_ins))


async def _run(side: Side, sign_ins: int) -> Waits:
    """Let the others read until the people have signed in, or for a while if none do."""
    waits, stop = Waits(Tally(), Tally()), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, user in enumerate(side.people[sign_ins : sign_ins + OTHERS]):
            phase = number / OTHERS * EVERY
            group.create_task(_keep_reading(side.url, user, phase, waits.others, stop))
        async with asyncio.TaskGroup() as busy:
            for user in side.people[:sign_ins]:
                busy.create_task(_sign_in(side.url, user, waits.signing_in))
            if not sign_ins:
                busy.create_task(asyncio.sleep(IDLE_SECONDS))
        stop.set()
    return waits


async def _sign_in(url: str, user: Professional, tally: Tally) -> None:
    connection = connect(url)
    await send_password(user, partial(send, connection, tally=tally))
    connection.close()


async def _keep_reading(
    url: str, user: Professional, phase: float, tally: Tally, stop: asyncio.Event
) -> None:
    connection, due = connect(url), perf_counter() + phase

    async def send_counted(request: Request) -> Reply | None:
        return await send(connection, request, tally, since=due)

    for job in cycle((read_portal, read)):
        await asyncio.sleep(max(0.0, due - perf_counter()))
        if stop.is_set():
            break
        await job(user, send_counted)
        due += EVERY
    connection.close()
