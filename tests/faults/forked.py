"""Server in forked processes with preloaded modules, so that it starts quickly."""

import os
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.running import ServerProcess

_context = get_context("forkserver")
# Each process also imports the main module, so that is preloaded too.
_context.set_forkserver_preload(["tests.faults.preload", "tests.faults.__main__", "pytest"])


class ForkedServer(ServerProcess):
    """`portal-server serve` without the import time."""

    def launch(self) -> None:
        """Fork a process that serves."""
        assert self.log is not None
        assert self.workers == 1, "Additional workers would be started, not forked."
        self.forked_process: ForkServerProcess = _context.Process(
            target=serve, args=(self.env, self.log.name)
        )
        self.forked_process.start()

    def wait_for_exit(self, *, timeout: float) -> bool:
        """Wait up to `timeout` seconds and return whether the process has exited."""
        self.forked_process.join(timeout)
        return self.forked_process.exitcode is not None

    def terminate(self, timeout: float) -> int:
        """Send SIGTERM and return the exit code; fail after `timeout` seconds."""
        self.forked_process.terminate()
        assert self.wait_for_exit(timeout=timeout), f"The server did not stop within {timeout} s."
        return self.forked_process.exitcode or 0

    def kill(self) -> None:
        """Send SIGKILL to the process."""
        self.forked_process.kill()
        self.forked_process.join()


def serve(env: Mapping[str, str], log: str) -> None:
    """Run `portal-server serve` with an environment, logging to a file."""
    from server.cli import main

    os.environ.clear()
    os.environ.update(env)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.exit(main(["serve", "--workers", "1"]))
