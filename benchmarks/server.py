"""Run servers to measure, each in its own process on a free port."""

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

from benchmarks.terminal import TIMEOUT_SECONDS, build_environment

BIN = Path(sys.executable).parent
STOP_SECONDS = 5.0
"""Seconds to wait before a stopping server is killed."""


@dataclass(frozen=True)
class Server:
    """A running server; `pid` is its parent process."""

    url: str
    pid: int


@contextmanager
def run_default_server(folder: Path) -> Iterator[str]:
    """Run a server with its data in `folder`, and yield its URL once it responds."""
    with run_portal_server(folder, secrets.token_urlsafe(48)) as server:
        yield server.url


@contextmanager
def run_portal_server(
    folder: Path,
    secret_key: str,
    database_url: str = "",
    workers: int | None = None,
    proxies: str = "",
    mail_port: int | None = None,
) -> Iterator[Server]:
    """Run `portal-server serve` on a database, by default SQLite in `folder`.

    `workers=None` uses the server's default; `proxies` may set the address of a client. Without
    `mail_port` the server sends no email.
    """
    port = find_free_port()
    env = {
        **build_environment(folder),
        "PORTAL_SECRET_KEY": secret_key,
        "PORTAL_UNSCANNED": "accept",
        "PORTAL_DATA": str(folder),
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_PORT": str(port),
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORTAL_PROXIES": proxies,
        "PORTAL_MAIL": "smtp" if mail_port else "none",
        "PORTAL_MAIL_HOST": "127.0.0.1",
        "PORTAL_MAIL_PORT": str(mail_port or 25),
        "PORTAL_MAIL_TLS": "none",
    }
    subprocess.run([BIN / "portal-server", "migrate"], env=env, check=True)
    command = [str(BIN / "portal-server"), "serve"]
    if workers is not None:
        command += ["--workers", str(workers)]
    with run_server(command, env, port, "/v1/health") as server:
        yield server


@contextmanager
def run_server(
    command: Sequence[str], env: Mapping[str, str], port: int, path: str
) -> Iterator[Server]:
    """Run a server command, yield the server once `path` responds, and stop it afterwards."""
    process = subprocess.Popen(command, env=env)
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        wait_for_server(f"{server.url}{path}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_free_port() -> int:
    """Return an unused port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_server(url: str) -> None:
    """Wait until a URL responds with success."""
    end = monotonic() + TIMEOUT_SECONDS
    while monotonic() < end:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            sleep(0.05)
        else:
            return
    raise SystemExit(f"The server at {url} did not respond.")
