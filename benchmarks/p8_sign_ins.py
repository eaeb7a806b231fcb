"""P8: what others wait for while 50 people sign in at once, by one worker."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter

import uvloop

from benchmarks.http_client import Reply, Request
from benchmarks.jobs import connect, give_password, read, read_portal
from benchmarks.row import Row, alternated
from benchmarks.seeding import Professional
from benchmarks.tally import Tally, send
from benchmarks.tutorial import Side, portal

SIGN_INS = 50
OTHERS = 8
EVERY = 0.1
"""Seconds between two requests of one of the others: together they leave most of a core idle."""
IDLE_SECONDS = 3.0
GOAL = 2.0


def rows() -> Iterator[Row]:
    """Measure the others beside themselves when nobody signs in."""
    with portal(SIGN_INS + OTHERS) as side:
        tallies = alternated(
            {"idle": partial(_others, side, 0), "busy": partial(_others, side, SIGN_INS)}
        )
    p99 = {name: median(tally.p99 * 1000 for tally in tallies[name]) for name in tallies}
    yield Row("P8", f"others' p99 while {SIGN_INS} sign in", p99["busy"], p99["idle"], GOAL, "ms")
    errors = {name: sum(tally.errors.total() for tally in tallies[name]) for name in tallies}
    yield Row(
        "P8",
        f"errors while {SIGN_INS} sign in",
        errors["busy"],
        errors["idle"],
        0,
        "",
        absolute=True,
    )


def _others(side: Side, sign_ins: int) -> Tally:
    """Count what others wait for, and every error, until so many people have signed in."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(side, sign_ins))


async def _measure(side: Side, sign_ins: int) -> Tally:
    others, signing_in, stop = Tally(), Tally(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, who in enumerate(side.people[sign_ins : sign_ins + OTHERS]):
            group.create_task(_keep_reading(side.url, who, number / OTHERS * EVERY, others, stop))
        async with asyncio.TaskGroup() as busy:
            for who in side.people[:sign_ins]:
                busy.create_task(_sign_in(side.url, who, signing_in))
            if not sign_ins:
                busy.create_task(asyncio.sleep(IDLE_SECONDS))
        stop.set()
    others.errors += signing_in.errors
    return others


async def _sign_in(url: str, who: Professional, tally: Tally) -> None:
    connection = connect(url)
    await give_password(who, partial(send, connection, tally=tally))
    connection.close()


async def _keep_reading(
    url: str, who: Professional, phase: float, tally: Tally, stop: asyncio.Event
) -> None:
    connection, due = connect(url), perf_counter() + phase

    async def sending(request: Request) -> Reply | None:
        return await send(connection, request, tally, since=due)

    for job in cycle((read_portal, read)):
        await asyncio.sleep(max(0.0, due - perf_counter()))
        if stop.is_set():
            break
        await job(who, sending)
        due += EVERY
    connection.close()
