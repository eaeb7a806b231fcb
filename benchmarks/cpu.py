"""CPU usage of the processes in a load test, which share the cores of one machine."""

from collections.abc import Mapping
from time import perf_counter, process_time

import psutil

LOAD_GENERATOR = "load"
"""Name of the load generator: this process, without its children."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds used by a process and its children, including terminated ones."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class CpuMonitor:
    """Measures the CPU usage of processes and the load generator, from creation."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._started_at = perf_counter()
        self._before = self._seconds()

    def measure(self) -> dict[str, float]:
        """Return CPU usage by process name; 1.0 is one fully used core."""
        elapsed = perf_counter() - self._started_at
        return {
            name: (seconds - self._before[name]) / elapsed
            for name, seconds in self._seconds().items()
        }

    def _seconds(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()} | {
            LOAD_GENERATOR: process_time()
        }
