"""A client of clamd, the daemon of the ClamAV antivirus."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SCAN_SECONDS = 60.0
"""Time limit of one scan; clamd needs a few seconds for the largest document."""
PING_SECONDS = 4.0
MAX_REPLY_BYTES = 4096
ADDRESS = re.compile(r"unix://(?P<path>/.+)|tcp://(?P<host>[^/:]+|\[[0-9a-fA-F:]+\]):(?P<port>\d+)")

_VERDICT = re.compile(rb"stream: (?:OK|(?P<signature>.+) FOUND)\0", re.S)


class ScanFailed(Exception):
    """Raised when clamd gave no verdict."""


async def scan(address: str, chunks: AsyncIterator[bytes]) -> str | None:
    """Return the name of the signature that was found in a stream, or None if it is clean.

    Raises ScanFailed for anything but a clear verdict, and the errors of `chunks`.
    """
    async with _connect(address, SCAN_SECONDS) as (reader, writer):
        writer.write(b"zINSTREAM\0")
        async for chunk in chunks:
            writer.write(len(chunk).to_bytes(4, "big") + chunk)
            await writer.drain()
        writer.write(bytes(4))
        reply = await reader.readuntil(b"\0")
    verdict = _VERDICT.fullmatch(reply)
    if verdict is None:
        raise ScanFailed("unexpected reply")
    signature: bytes | None = verdict["signature"]
    return None if signature is None else signature.decode(errors="replace")


async def answers(address: str) -> bool:
    """Whether clamd answers."""
    try:
        async with _connect(address, PING_SECONDS) as (reader, writer):
            writer.write(b"zPING\0")
            return await reader.readuntil(b"\0") == b"PONG\0"
    except ScanFailed:
        return False


@asynccontextmanager
async def _connect(
    address: str, seconds: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect for at most some seconds; errors of the connection become ScanFailed."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await _open(address)
            try:
                yield reader, writer
            finally:
                writer.transport.abort()
    except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
        raise ScanFailed(type(error).__name__) from None


async def _open(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        raise ScanFailed("invalid address")
    if path := parts["path"]:
        return await asyncio.open_unix_connection(path, limit=MAX_REPLY_BYTES)
    host = parts["host"].strip("[]")
    return await asyncio.open_connection(host, int(parts["port"]), limit=MAX_REPLY_BYTES)
