"""Which cores the server's threads run on, where the system lets a thread be kept to some.

Python runs one thread of a process at a time. Where the next one sleeps on another core, waking it
and moving there what it works on takes about a third of the time of a request.
"""

import os
import sys

_ALL = set(os.sched_getaffinity(0)) if sys.platform == "linux" else set()
_shared: set[int] = set()


def share_one_core() -> None:
    """Keep this thread, and those that it starts, to one core."""
    if sys.platform == "linux" and len(_ALL) > 1:
        _shared.add(sorted(_ALL)[os.getpid() % len(_ALL)])
        os.sched_setaffinity(0, _shared)


def use_other_cores() -> None:
    """Let this thread, which works outside Python, run on all cores but the shared one."""
    if sys.platform == "linux" and _shared:
        os.sched_setaffinity(0, _ALL - _shared)
