"""A real clamd with one local signature, and scanners that misbehave."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic

from tests.server.documents.hostile_files import EICAR

TIMEOUT_SECONDS = 30.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Clamd:
    """clamd on a socket in a folder, which can be killed and restarted."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "clamd.ctl"
        self.address = f"unix://{self.socket}"
        self._config = folder / "clamd.conf"
        signatures = folder / "signatures"
        signatures.mkdir()
        (signatures / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
        self._config.write_text(
            f"Foreground yes\nLocalSocket {self.socket}\nDatabaseDirectory {signatures}\n"
            "StreamMaxLength 11M\nFixStaleSocket yes\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start clamd and wait until it answers."""
        self._process = subprocess.Popen(
            ["/usr/sbin/clamd", "-c", self._config], stdout=subprocess.DEVNULL
        )
        end = monotonic() + TIMEOUT_SECONDS
        while not self._answers():
            assert monotonic() < end, "clamd did not answer."
            assert self._process.poll() is None, "clamd exited."
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"zPING\0")
                return connection.recv(16) == b"PONG\0"
            except OSError:
                return False

    def kill(self) -> None:
        """Kill clamd, and remove its socket as a restart would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def pause(self) -> None:
        """Stop clamd without closing its socket."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)


@contextmanager
def run_clamd(folder: Path) -> Iterator[Clamd]:
    """Run clamd until the end of the context."""
    clamd = Clamd(folder)
    clamd.start()
    try:
        yield clamd
    finally:
        clamd.kill()


@asynccontextmanager
async def run_scanner(folder: Path, handle: Handler) -> AsyncIterator[str]:
    """Run a scanner that handles each connection in its own way; yields its address."""
    path = folder / "scanner.ctl"

    async def handle_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await handle(reader, writer)
        writer.close()

    server = await asyncio.start_unix_server(handle_and_close, path)
    try:
        yield f"unix://{path}"
    finally:
        server.close()
