"""A real server to measure against: `portal-server serve` on an empty database."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx

from benchmarks.terminal import PATIENCE, surroundings

BIN = Path(sys.executable).parent


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server whose data lie in a folder; gives its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    env = {
        **surroundings(folder),
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        "PORTAL_DATA": str(folder),
        "PORTAL_PORT": str(port),
        "PORTAL_PUBLIC_URL": url,
    }
    subprocess.run([BIN / "portal-server", "migrate"], env=env, check=True)
    process = subprocess.Popen([BIN / "portal-server", "serve"], env=env)
    try:
        wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        try:
            httpx.get(f"{url}/v1/health", trust_env=False).raise_for_status()
        except httpx.TransportError:
            sleep(0.05)
        else:
            return
    raise SystemExit(f"The server at {url} never answered.")
