"""Server in forked processes with its modules preloaded, so that it starts quickly."""

import os
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.running import ServerProcess

_context = get_context("forkserver")
# Each process also imports the main module, so that is preloaded too.
_context.set_forkserver_preload(["tests.faults.loaded", "tests.faults.__main__", "pytest"])


class ForkedServer(ServerProcess):
    """`portal-server serve` without the time that the imports take."""

    def launch(self) -> None:
        """Fork a process that serves."""
        assert self.log is not None
        assert self.workers == 1, "Further processes would be started, not forked."
        self.forked: ForkServerProcess = _context.Process(
            target=serve, args=(self.env, self.log.name)
        )
        self.forked.start()

    def wait_for_exit(self, *, within: float) -> bool:
        """Whether the process exits within a number of seconds."""
        self.forked.join(within)
        return self.forked.exitcode is not None

    def terminate(self, within: float) -> int:
        """Send SIGTERM and return the exit code; fails after `within` seconds."""
        self.forked.terminate()
        assert self.wait_for_exit(within=within), f"The server did not end within {within} s."
        return self.forked.exitcode or 0

    def kill(self) -> None:
        """Send SIGKILL to the process."""
        self.forked.kill()
        self.forked.join()


def serve(env: Mapping[str, str], log: str) -> None:
    """Run `portal-server serve` with an environment, logging to a file."""
    from server.cli import main

    os.environ.clear()
    os.environ.update(env)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.exit(main(["serve", "--workers", "1"]))
