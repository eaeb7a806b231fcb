"""The server in processes that have its modules loaded already, so that it starts at once."""

import os
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.running import ServerProcess

_context = get_context("forkserver")
# Each process imports the main module too, which is loaded before in the same way.
_context.set_forkserver_preload(["tests.faults.loaded", "tests.faults.__main__", "pytest"])


class ForkedServer(ServerProcess):
    """`portal-server serve` without the time that Python takes to load it."""

    def launch(self) -> None:
        """Fork a process, and let it serve."""
        assert self.log is not None
        assert self.workers == 1, "Further processes would be started, not forked."
        self.forked: ForkServerProcess = _context.Process(
            target=serve, args=(self.env, self.log.name)
        )
        self.forked.start()

    def has_ended(self, *, within: float) -> bool:
        """Whether the process ends within so many seconds."""
        self.forked.join(within)
        return self.forked.exitcode is not None

    def terminate(self, within: float) -> int:
        """Ask the process to end; returns its exit code, and fails where it takes longer."""
        self.forked.terminate()
        assert self.has_ended(within=within), f"The server did not end within {within} s."
        return self.forked.exitcode or 0

    def kill(self) -> None:
        """Kill it without warning."""
        self.forked.kill()
        self.forked.join()


def serve(env: Mapping[str, str], log: str) -> None:
    """Serve as the command does, with settings of its own and errors in a file."""
    from server.cli import main

    os.environ.clear()
    os.environ.update(env)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.exit(main(["serve", "--workers", "1"]))
