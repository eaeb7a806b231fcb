"""Several servers that differ only in their port, and the run that kills one at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from time import time
from typing import IO

from tests.faults.server_kills import MAX_LOAD_SECONDS, MIN_LOAD_SECONDS, KillRun
from tests.running import ColdServer, ServerProcess

STOP_TIMEOUT = 15.0


class Fleet:
    """Servers on one database and one store; `url` is that of the balancer in front of them."""

    def __init__(
        self,
        folder: Path,
        size: int,
        *,
        database: str,
        mail_port: int,
        clamd: str,
        log: IO[bytes],
        settings: Mapping[str, str],
        cold: bool,
    ) -> None:
        self.url = ""
        server_class = ColdServer if cold else ServerProcess
        self.servers = [
            server_class(
                folder / f"server-{number}",
                database=database,
                mail_port=mail_port,
                clamd=clamd,
                log=log,
                settings=settings,
                migrate=number == 0,
                workers=1,
            )
            for number in range(size)
        ]

    def run(self, *arguments: str) -> None:
        """Run a command of `portal-server`."""
        self.servers[0].run(*arguments)

    def launch(self) -> None:
        """Start all servers without waiting."""
        for server in self.servers:
            server.launch()

    def start(self) -> None:
        """Start all servers at once, and wait until they answer."""
        self.launch()
        for server in self.servers:
            server.wait_until_up()

    def kill(self) -> None:
        """Kill all servers."""
        for server in self.servers:
            server.kill()

    def terminate(self) -> None:
        """Stop all servers in order; fail if one does not stop."""
        for server in self.servers:
            server.terminate(STOP_TIMEOUT)


class FleetRun(KillRun):
    """Run of several clients, who never wait, as only one server at a time is down."""

    fleet: Fleet

    def _kill_repeatedly(self, kills: int, futures: Sequence[Future[None]]) -> None:
        for number in range(kills):
            victim = self.fleet.servers[number % len(self.fleet.servers)]
            if self._load_ends(futures):
                return
            victim.kill()
            self.start_times.append(time())
            if self._load_ends(futures):
                return
            victim.start()
            if (number + 1) % 10 == 0:
                self._report(f"{number + 1} kills")
        self._load_ends(futures)

    def _load_ends(self, futures: Sequence[Future[None]]) -> bool:
        """Let the clients work for a while, and return whether one failed."""
        wait(futures, self._random.uniform(MIN_LOAD_SECONDS, MAX_LOAD_SECONDS), FIRST_COMPLETED)
        return any(future.done() for future in futures)
