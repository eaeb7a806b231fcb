"""Balancers in front of several servers: caddy, or a small one of the tests."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from time import monotonic

import httpx
from anyio.from_thread import start_blocking_portal

from tests.running import BIN, RETRY_SECONDS, TIMEOUT_SECONDS, find_free_port

CHUNK_BYTES = 64 * 1024
CADDYFILE = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    reverse_proxy {servers} {{
        lb_policy round_robin
        lb_try_duration 5s
        fail_duration 1s
    }}
}}
"""

Balancer = Callable[[Path, Sequence[int]], AbstractContextManager[str]]
"""Yields the URL of a balancer in front of servers on these ports of this machine."""


@contextmanager
def run_caddy(folder: Path, ports: Sequence[int]) -> Iterator[str]:
    """Run caddy, which sends each request to the next server."""
    port = find_free_port()
    config = folder / "Caddyfile"
    servers = " ".join(f"127.0.0.1:{server}" for server in ports)
    config.write_text(CADDYFILE.format(port=port, servers=servers))
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    env = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stderr=log, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(TIMEOUT_SECONDS)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process answers at a URL; fail if it exits."""
    end = monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            httpx.get(url)
        except httpx.ConnectError:
            assert monotonic() < end, f"{process.args!r} did not answer."
            with suppress(subprocess.TimeoutExpired):
                process.wait(RETRY_SECONDS)
                raise AssertionError(f"{process.args!r} exited.") from None
        else:
            return


@contextmanager
def run_small_balancer(_: Path, ports: Sequence[int]) -> Iterator[str]:
    """Run a balancer that passes each connection on to the next server that accepts it."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_serve(ports)) as url:
        yield url


@asynccontextmanager
async def _serve(ports: Sequence[int]) -> AsyncIterator[str]:
    turns = cycle(ports)

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in ports:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", next(turns))
        return None

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await connect()
        if upstream is None:
            writer.close()
            return
        await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until either side closes, then close the other."""
    with suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
    target.close()


@contextmanager
def run_s3(folder: Path) -> Iterator[dict[str, str]]:
    """Run an S3 server with an empty bucket, and yield the settings of servers that use it."""
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "s3.log").open("wb") as log:
        process = subprocess.Popen(
            [BIN / "moto_server", "-p", str(port)], stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"{url}/moto-api/", process)
            httpx.put(f"{url}/documents").raise_for_status()
            yield {
                "PORTAL_DOCUMENTS_URL": "s3://documents",
                "AWS_ENDPOINT_URL": url,
                "AWS_ALLOW_HTTP": "true",
                "AWS_ACCESS_KEY_ID": "tests",
                "AWS_SECRET_ACCESS_KEY": "tests",
                "AWS_REGION": "us-east-1",
            }
        finally:
            process.terminate()
            process.wait(TIMEOUT_SECONDS)
