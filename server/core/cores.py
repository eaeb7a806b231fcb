"""Which cores the server's threads run on, where the system lets a thread be kept to some.

Python runs one thread of a process at a time. Where the next one sleeps on another core, waking it
and moving there what it works on takes about a third of the time of a request. A process that is
alone is kept to one core for that; what works outside Python runs on the others.
"""

import os
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_shared: set[int] = set()


AVAILABLE = os.sched_getaffinity(0) if sys.platform == "linux" else set(range(os.cpu_count() or 1))
"""The cores that this process may use, as it starts."""


def share_one_core() -> None:
    """Keep this thread, and those that it starts, to one core."""
    if sys.platform == "linux" and len(AVAILABLE) > 1:
        # Any of them: of several servers on one machine not all may take the same.
        _shared.add(random.choice(sorted(AVAILABLE)))  # noqa: S311 - no secret
        _keep_to(_shared)


def use_other_cores() -> None:
    """Let this thread run on all cores but the shared one."""
    if _shared:
        _keep_to(AVAILABLE - _shared)


def _keep_to(cores: set[int]) -> None:
    if sys.platform == "linux":
        with suppress(OSError):  # not allowed here, or the cores are others by now: it only helps
            os.sched_setaffinity(0, cores)


async def run_elsewhere(
    limiter: CapacityLimiter,
    work: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Result:
    """Run work outside Python, of files or the store, in a thread on the other cores."""

    def run() -> Result:
        use_other_cores()
        return work(*arguments, **named)

    return await run_sync(run, limiter=limiter)
