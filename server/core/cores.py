"""CPU affinity of the server's threads, on systems that support it.

Python runs one thread of a process at a time. Waking a thread on another core, with cold caches,
costs about a third of a request's time. A single process is therefore pinned to one core, and
work that releases the GIL runs on the others.
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


AVAILABLE_CORES = (
    os.sched_getaffinity(0) if sys.platform == "linux" else set(range(os.cpu_count() or 1))
)
"""The cores available to this process at start."""


def share_one_core() -> None:
    """Pin this thread, and the threads it starts, to one core."""
    if sys.platform == "linux" and len(AVAILABLE_CORES) > 1:
        # A random core, so that several servers on one machine use different ones.
        _shared.add(random.choice(sorted(AVAILABLE_CORES)))  # noqa: S311 - not a secret
        _pin_to(_shared)


def use_other_cores() -> None:
    """Let this thread run on every core except the shared one."""
    if _shared:
        _pin_to(AVAILABLE_CORES - _shared)


def _pin_to(cores: set[int]) -> None:
    if sys.platform == "linux":
        with suppress(OSError):  # affinity is an optimisation; it may be forbidden here
            os.sched_setaffinity(0, cores)


async def run_on_other_cores(
    limiter: CapacityLimiter,
    work: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **keywords: Arguments.kwargs,
) -> Result:
    """Run work that releases the GIL, such as file I/O, in a thread on the other cores."""

    def run() -> Result:
        use_other_cores()
        return work(*arguments, **keywords)

    return await run_sync(run, limiter=limiter)
