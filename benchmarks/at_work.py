"""Find how many professionals at work one server can handle.

Each saves, reads, uploads and signs in at steady intervals, as when filling in a form. The schedule
is fixed in advance from a seed, and latency is measured from the time at which a request was due,
so that a slow server cannot improve its figures by delaying its clients.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import uvloop

from benchmarks.http_client import Request, Response
from benchmarks.jobs import Job, connect, read, save, sign_in, upload
from benchmarks.load_results import TIMEOUT_SECONDS, LoadResults, send
from benchmarks.seeding import Professional

MAX_P99 = 0.25
"""Highest acceptable p99 of all requests, in seconds."""
FIRST_PEOPLE = 100
MAX_PEOPLE = 3200
PRECISION = 0.1
"""Relative precision at which the search ends."""


@dataclass(frozen=True)
class JobKind:
    """A job that a professional does at an interval in seconds."""

    name: str
    interval: float
    job: Job


KINDS = (
    JobKind("save", 5, save),
    JobKind("page", 20, read),
    JobKind("upload", 600, upload),
    JobKind("sign-in", 1800, sign_in),
)


@dataclass(frozen=True)
class Trial:
    """Results of one run, by kind of job."""

    people: int
    by_kind: dict[str, LoadResults]

    @property
    def total(self) -> LoadResults:
        """Combined results of all kinds."""
        total = LoadResults()
        for results in self.by_kind.values():
            total.add(results)
        return total

    @property
    def sustained(self) -> bool:
        """Whether p99 was within the limit, without errors."""
        total = self.total
        return total.p99 <= MAX_P99 and not total.errors

    @property
    def slowest(self) -> tuple[str, LoadResults]:
        """The kind of job with the highest p99, and its results."""
        return max(self.by_kind.items(), key=lambda kind: kind[1].p99)


def generate_job_times(kind: JobKind, seconds: float, rng: random.Random) -> Iterator[float]:
    """Yield the start times of one person's jobs: a random phase, then steady intervals."""
    time = rng.uniform(0, kind.interval)
    while time < seconds:
        yield time
        time += kind.interval


def run_at_work(url: str, people: Sequence[Professional], seconds: float, seed: int) -> Trial:
    """Simulate professionals at work for a number of seconds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_simulate(url, people, seconds, seed))


async def _simulate(url: str, people: Sequence[Professional], seconds: float, seed: int) -> Trial:
    rng = random.Random(seed)
    trial = Trial(len(people), {kind.name: LoadResults() for kind in KINDS})
    started_at = perf_counter()
    async with asyncio.TaskGroup() as group:
        for user in people:
            jobs = [
                (time, kind) for kind in KINDS for time in generate_job_times(kind, seconds, rng)
            ]
            schedule = sorted(jobs, key=lambda job: job[0])
            group.create_task(
                _run_schedule(url, user, schedule, started_at, started_at + seconds, trial.by_kind)
            )
    for results in trial.by_kind.values():
        results.seconds = perf_counter() - started_at
    return trial


async def _run_schedule(
    url: str,
    user: Professional,
    schedule: Sequence[tuple[float, JobKind]],
    started_at: float,
    end: float,
    by_kind: dict[str, LoadResults],
) -> None:
    connection = connect(url)
    for time, kind in schedule:
        due_at = started_at + time
        if (delay := due_at - perf_counter()) > 0:
            await asyncio.sleep(delay)
        results = by_kind[kind.name]
        since = due_at

        async def send_and_record(
            request: Request, results: LoadResults = results
        ) -> Response | None:
            nonlocal since
            response = await send(
                connection, request, results, since=since, until=end + TIMEOUT_SECONDS
            )
            since = perf_counter()  # the next request of this job is due now
            return response

        await kind.job(user, send_and_record)
    connection.close()


def find_capacity(
    run_trial: Callable[[int], Trial], first: int = FIRST_PEOPLE, maximum: int = MAX_PEOPLE
) -> Iterator[Trial]:
    """Search for the most people a server can handle, and yield each trial.

    The number is doubled, then bisected. A failed trial is repeated once, because one slow trial
    may be chance.
    """
    highest_sustained, lowest_failed, people = 0, 0, first
    while people <= maximum:
        trial = run_trial(people)
        yield trial
        if not trial.sustained:
            trial = run_trial(people)
            yield trial
        if trial.sustained:
            highest_sustained = people
        else:
            lowest_failed = people
        if lowest_failed and lowest_failed - highest_sustained <= max(1, PRECISION * lowest_failed):
            return
        people = (highest_sustained + lowest_failed) // 2 if lowest_failed else people * 2
