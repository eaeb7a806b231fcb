"""`portal-server` in processes forked from one that has loaded it, which saves two seconds each."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from subprocess import TimeoutExpired

_context = get_context("forkserver")
# Each process also imports the main module, so that is preloaded too.
_context.set_forkserver_preload(["tests.preload", "tests.forked", "pytest"])


def run_command(*arguments: str) -> int:
    """Run a command of `portal-server` and return its exit code.

    The processes of a server that has several are forked too.
    """
    from uvicorn import _subprocess

    from server.cli import main

    _subprocess.spawn.Process = ForkProcess  # type: ignore[misc, assignment]  # for this process
    return main(list(arguments))


class ForkedProcess:
    """Running command of `portal-server`, used like a `Popen` in a new session.

    `work` is a function of a module that runs with the arguments instead.
    """

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        log: str | None = None,
        work: Callable[..., int | None] = run_command,
    ) -> None:
        started, child_end = _context.Pipe(duplex=False)
        parts = (work, arguments, env, log, child_end)
        self._process = _context.Process(target=_run, args=parts)
        self._process.start()
        child_end.close()
        with started:
            started.recv()

    @property
    def pid(self) -> int:
        """Id of the process, and of its group."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("portal-server", timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        """Send SIGKILL and wait until the process has exited."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has exited."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _run(
    work: Callable[..., int | None],
    arguments: tuple[str, ...],
    env: Mapping[str, str],
    log: str | None,
    started: Connection,
) -> None:
    os.setsid()
    started.send(None)
    os.environ.clear()
    os.environ.update(env)
    # The server's own workers inherit it, and multiprocessing has closed it.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = os.fdopen(0)
    if log:
        os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), sys.stderr.fileno())
    sys.exit(work(*arguments))
