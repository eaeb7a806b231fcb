"""Find how many professionals at work one server can handle.

Each saves, reads, uploads and signs in at steady intervals, like somebody filling in a form. The
times are fixed in advance from a seed, and a wait is counted from the time at which its request was
due, so a server that falls behind can't hide it by slowing its clients down.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import uvloop

from benchmarks.http_client import Reply, Request
from benchmarks.jobs import Job, connect, read, save, sign_in, upload
from benchmarks.seeding import Professional
from benchmarks.tally import PATIENCE, Tally, send

LIMIT = 0.25
"""Highest acceptable p99 of all requests, in seconds."""
FIRST_PEOPLE = 100
MAX_PEOPLE = 3200
PRECISION = 0.1
"""Relative precision of the result, at which the search ends."""


@dataclass(frozen=True)
class Kind:
    """A job that a professional does every `every` seconds."""

    name: str
    every: float
    job: Job


KINDS = (
    Kind("save", 5, save),
    Kind("page", 20, read),
    Kind("upload", 600, upload),
    Kind("sign-in", 1800, sign_in),
)


@dataclass(frozen=True)
class Trial:
    """The result of one run, by kind of request."""

    people: int
    by_kind: dict[str, Tally]

    @property
    def total(self) -> Tally:
        """The tally of all kinds together."""
        total = Tally()
        for tally in self.by_kind.values():
            total.add(tally)
        return total

    @property
    def sustained(self) -> bool:
        """Whether the server kept up: p99 within the limit, and no errors."""
        total = self.total
        return total.p99 <= LIMIT and not total.errors

    @property
    def slowest(self) -> tuple[str, Tally]:
        """The kind of request with the longest p99."""
        return max(self.by_kind.items(), key=lambda kind: kind[1].p99)


def job_times(kind: Kind, seconds: float, rng: random.Random) -> Iterator[float]:
    """Yield the times of one person's jobs in a run: a random phase, then steady intervals."""
    at = rng.uniform(0, kind.every)
    while at < seconds:
        yield at
        at += kind.every


def run_at_work(url: str, people: Sequence[Professional], seconds: float, seed: int) -> Trial:
    """Simulate professionals at work for a number of seconds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_simulate(url, people, seconds, seed))


async def _simulate(url: str, people: Sequence[Professional], seconds: float, seed: int) -> Trial:
    rng = random.Random(seed)
    trial = Trial(len(people), {kind.name: Tally() for kind in KINDS})
    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for user in people:
            due = [(at, kind) for kind in KINDS for at in job_times(kind, seconds, rng)]
            schedule = sorted(due, key=lambda job: job[0])
            group.create_task(
                _run_schedule(url, user, schedule, started, started + seconds, trial.by_kind)
            )
    for tally in trial.by_kind.values():
        tally.seconds = perf_counter() - started
    return trial


async def _run_schedule(
    url: str,
    user: Professional,
    schedule: Sequence[tuple[float, Kind]],
    started: float,
    end: float,
    by_kind: dict[str, Tally],
) -> None:
    connection = connect(url)
    for at, kind in schedule:
        due = started + at
        if (wait := due - perf_counter()) > 0:
            await asyncio.sleep(wait)
        tally = by_kind[kind.name]
        since = due

        async def send_counted(request: Request, tally: Tally = tally) -> Reply | None:
            nonlocal since
            reply = await send(connection, request, tally, since=since, until=end + PATIENCE)
            since = perf_counter()  # for the next request of the same job
            return reply

        await kind.job(user, send_counted)
    connection.close()


def find_capacity(
    trial: Callable[[int], Trial], first: int = FIRST_PEOPLE, maximum: int = MAX_PEOPLE
) -> Iterator[Trial]:
    """Yield trials that search for the most people a server can handle: doubling, then bisecting.

    A failed trial is repeated once, because a single hiccup is not the server's limit.
    """
    good, bad, people = 0, 0, first
    while people <= maximum:
        result = trial(people)
        yield result
        if not result.sustained:
            result = trial(people)
            yield result
        if result.sustained:
            good = people
        else:
            bad = people
        if bad and bad - good <= max(1, PRECISION * bad):
            return
        people = (good + bad) // 2 if bad else people * 2
