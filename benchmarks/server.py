"""Real servers to measure, each in its own process on a free port."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx

from benchmarks.terminal import PATIENCE, environment

BIN = Path(sys.executable).parent
STOP_SECONDS = 5.0
"""Seconds that a server may take to stop before it is killed."""


@dataclass(frozen=True)
class Server:
    """A running server: its URL and the pid of its parent process."""

    url: str
    pid: int


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server whose data is in a folder; yields its URL once it answers."""
    with serving(folder, secrets.token_urlsafe(48)) as server:
        yield server.url


@contextmanager
def serving(
    folder: Path, secret_key: str, database_url: str = "", workers: int | None = None
) -> Iterator[Server]:
    """Start `portal-server serve` on a database, by default SQLite in the folder.

    `workers=None` means the server's own default.
    """
    port = free_port()
    env = {
        **environment(folder),
        "PORTAL_SECRET_KEY": secret_key,
        "PORTAL_DATA": str(folder),
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_PORT": str(port),
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    subprocess.run([BIN / "portal-server", "migrate"], env=env, check=True)
    command = [str(BIN / "portal-server"), "serve"]
    if workers is not None:
        command += ["--workers", str(workers)]
    with process(command, env, port, "/v1/health") as server:
        yield server


@contextmanager
def process(
    command: Sequence[str], env: Mapping[str, str], port: int, path: str
) -> Iterator[Server]:
    """Run a server's command; yields it once `path` answers, and stops it afterwards."""
    started = subprocess.Popen(command, env=env)
    server = Server(f"http://127.0.0.1:{port}", started.pid)
    try:
        wait_for(f"{server.url}{path}")
        yield server
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Wait until a URL answers."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            sleep(0.05)
        else:
            return
    raise SystemExit(f"The server at {url} never answered.")
