"""Servers of two versions on one database and one store, each with a port of its own."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from tests.running import BIN, ColdServer, ServerProcess, find_free_port
from tests.upgrades.proxy import Proxy
from tests.upgrades.versions import Version

STOP_TIMEOUT = 30.0
NEWER = "newer version of the portal"


class Ended(NamedTuple):
    """How a command of `portal-server` ended."""

    code: int
    output: str
    errors: str


class MixedFleet:
    """Servers of an old and of a new version; `url` is that of the proxy in front of all."""

    def __init__(
        self,
        folder: Path,
        size: int,
        *,
        database: str,
        mail_port: int,
        logs: Mapping[Version, IO[bytes]],
    ) -> None:
        self.proxy = Proxy(folder)
        self.url = self.proxy.url
        self._folder = folder
        self._database = database
        self._mail_port = mail_port
        self._logs = logs
        self._servers: dict[tuple[Version, int], ServerProcess] = {}
        self._running: list[tuple[Version, int]] = []
        self._ports = {(v, number): find_free_port() for v in logs for number in range(size)}

    @property
    def running(self) -> list[ServerProcess]:
        """The servers that were started last and not stopped."""
        return [self._servers[slot] for slot in self._running]

    def start_one(self, version: Version, number: int, *, migrate: bool = False) -> None:
        """Start a server of a version, and wait until it answers."""
        slot = version, number
        if server := self._servers.get(slot):
            server.start()
        else:
            self._servers[slot] = ColdServer(
                self._folder,
                database=self._database,
                mail_port=self._mail_port,
                log=self._logs[version],
                log_level="INFO",
                settings={"PORTAL_PROXIES": "127.0.0.1", **version.settings},
                migrate=migrate,
                workers=1,
                port=self._ports[slot],
            )
        self._running.append(slot)

    def list_running(self) -> None:
        """Let the proxy send requests to the servers that run, and to no others."""
        self.proxy.reload([server.port for server in self.running])

    def withdraw_one(self, version: Version, number: int) -> None:
        """Let the proxy send no more requests to a server."""
        self._running.remove((version, number))
        self.list_running()

    def stop_one(self, version: Version, number: int) -> None:
        """Stop a server in order; fail if it does not stop."""
        if (version, number) in self._running:
            self._running.remove((version, number))
        self._servers[version, number].terminate(STOP_TIMEOUT)

    def kill_one(self, version: Version, number: int) -> None:
        """Kill a server."""
        self._running.remove((version, number))
        self._servers[version, number].kill()

    def run_as(self, version: Version, *arguments: str) -> Ended:
        """Run a command of `portal-server` of a version."""
        any_server = next(iter(self._servers.values()))
        env = {**any_server.env, **version.settings, "PORTAL_PORT": str(find_free_port())}
        ended = subprocess.run(
            [BIN / "portal-server", *arguments], env=env, capture_output=True, text=True
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def can_start(self, version: Version) -> bool:
        """Whether a version accepts the schema as it is."""
        ended = self.run_as(version, "migrate")
        assert ended.code == 0 or NEWER in ended.errors, ended.errors
        return ended.code == 0

    def run(self, *arguments: str) -> None:
        """Run a command of `portal-server` of the version that runs."""
        ended = self.run_as(self._running[0][0], *arguments)
        assert ended.code == 0, ended.errors

    def launch(self) -> None:
        """Start the servers again that were killed last."""
        for server in self.running:
            server.launch()

    def start(self) -> None:
        """Start the servers again that were killed last, and wait until they answer."""
        self.launch()
        for server in self.running:
            server.wait_until_up()

    def kill(self) -> None:
        """Kill all servers."""
        for server in self._servers.values():
            server.kill()

    def terminate(self) -> None:
        """Stop all servers in order; fail if one does not stop."""
        for slot in list(self._running):
            self.stop_one(*slot)
