"""A scanner that finds every document clean, and records when it scanned each."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from anyio.from_thread import start_blocking_portal

from tests.server.clamd import run_scanner


class RecordingScanner:
    """Stand-in for clamd; `scans` holds the times of the scans of each content."""

    def __init__(self) -> None:
        self.scans: defaultdict[str, list[float]] = defaultdict(list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readuntil(b"\0") == b"zPING\0":
            writer.write(b"PONG\0")
            return
        digest = sha256()
        try:
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                digest.update(await reader.readexactly(size))
        except asyncio.IncompleteReadError:  # the server was killed
            return
        self.scans[digest.hexdigest()].append(time())
        writer.write(b"stream: OK\0")


@contextmanager
def run_recording_scanner() -> Iterator[tuple[str, RecordingScanner]]:
    """Yield the address of a scanner, and what it records."""
    scanner = RecordingScanner()
    with (
        TemporaryDirectory(prefix="scanner-") as folder,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(run_scanner(Path(folder), scanner.handle)) as address,
    ):
        yield address, scanner
