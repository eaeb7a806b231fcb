"""Run the real server as a process that tests start and stop."""

import atexit
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import IO

import httpx

from tests.forked import ForkedProcess
from tests.parts import SECRET, copy_sqlite, create_schema

BIN = Path(sys.executable).parent
TIMEOUT_SECONDS = 30.0
RETRY_SECONDS = 0.1


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@cache
def empty_sqlite() -> Path:
    """SQLite file with the schema and no rows, made once in a process."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    file = Path(folder.name) / "portal.db"
    create_schema(f"sqlite:///{file}")
    return file


class ServerProcess:
    """`portal-server serve` as a process that can be killed and restarted.

    It is forked, without the time to load its modules.
    """

    process: ForkedProcess | subprocess.Popen[bytes]

    def __init__(
        self,
        folder: Path,
        *,
        mail_port: int | None = None,
        database: str = "",
        workers: int = 0,
        log: IO[bytes] | None = None,
        migrate: bool = True,
        clamd: str = "",
        log_level: str = "",
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
        start: bool = True,
    ) -> None:
        self.folder, self.database, self.log = folder, database, log
        self.workers = workers
        self._arguments = ["serve", *(["--workers", str(workers)] if workers else [])]
        self.port = port or find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_DATA": str(folder),
            "PORTAL_PORT": str(self.port),
            "PORTAL_PUBLIC_URL": self.url,
            "PORTAL_DATABASE_URL": database,
            "PORTAL_CLAMD": clamd,
            "PORTAL_UNSCANNED": "hold" if clamd else "accept",
            **(settings or {}),
        }
        if log_level:
            self.env["PORTAL_LOG"] = log_level
        if mail_port is None:
            # A relay that never answers, so that emails stay in the outbox.
            self._silent_relay = socket.create_server(("127.0.0.1", 0))
            mail_port = self._silent_relay.getsockname()[1]
        self.env |= {
            "PORTAL_MAIL_HOST": "127.0.0.1",
            "PORTAL_MAIL_PORT": str(mail_port),
            "PORTAL_MAIL_TLS": "none",
        }
        if migrate:
            self.migrate()
        if start:
            self.start()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        try:
            self.wait_until_up()
        except AssertionError:
            self.kill()
            raise

    def wait_until_up(self) -> None:
        """Wait until the process answers; fail if it exits."""
        end = monotonic() + TIMEOUT_SECONDS
        with httpx.Client(base_url=self.url) as client:
            while True:
                try:
                    client.get("/v1/health").raise_for_status()
                except httpx.TransportError:
                    assert monotonic() < end, "The server did not answer."
                    assert not self.wait_for_exit(timeout=RETRY_SECONDS), "The server exited."
                else:
                    return

    def migrate(self) -> None:
        """Create the schema."""
        if self.database:
            self.run("migrate")
        else:
            self.folder.mkdir(exist_ok=True)
            copy_sqlite(empty_sqlite(), self.folder)

    def run(self, *arguments: str) -> None:
        """Run a command of `portal-server` with the settings of the process."""
        assert ForkedProcess(*arguments, env=self.env).wait(TIMEOUT_SECONDS) == 0, arguments

    def launch(self) -> None:
        """Start the process without waiting for it to answer."""
        log = self.log.name if self.log else None
        self.process = ForkedProcess(*self._arguments, env=self.env, log=log)

    def wait_for_exit(self, *, timeout: float) -> bool:
        """Wait up to `timeout` seconds and return whether the process has exited."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
        return not self.is_running

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self.process.poll() is None

    def kill(self) -> None:
        """Send SIGKILL to the process and its children."""
        if self.is_running:  # otherwise its PID may have been reused
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def terminate(self, timeout: float) -> int:
        """Send SIGTERM and return the exit code; fail after `timeout` seconds."""
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The server did not stop within {timeout} s.") from None


class ColdServer(ServerProcess):
    """`portal-server serve` started as users start it."""

    def migrate(self) -> None:
        """Create the schema."""
        self.run("migrate")

    def run(self, *arguments: str) -> None:
        """Run a command of `portal-server` with the settings of the process."""
        subprocess.run([BIN / "portal-server", *arguments], env=self.env, check=True)

    def launch(self) -> None:
        """Start the process without waiting for it to answer."""
        self.process = subprocess.Popen(
            [BIN / "portal-server", *self._arguments],
            env=self.env,
            stderr=self.log,
            start_new_session=True,
        )
