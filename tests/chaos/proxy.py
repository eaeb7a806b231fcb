"""A bad line as a TCP proxy: it delays, holds, trickles, cuts, refuses and loses replies."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from random import Random

from tests.running import free_port

CHUNK = 64 * 1024
TRICKLE = 256
PATIENCE = 10.0

MODES = ("good", "late", "held", "trickle", "cut", "refused", "lost")
LONGEST = {
    "good": 3.0,
    "late": 5.0,
    "held": 5.0,
    "trickle": 4.0,
    "cut": 0.3,
    "refused": 4.0,
    "lost": 4.0,
}
"""Seconds that each mode lasts at most."""


class Proxy:
    """Stands between one client and the server, in a thread of its own.

    `mode` is how the line is now: "good"; "late" delays each way; "held" passes nothing on;
    "trickle" passes little at a time; "refused" takes no connection; "lost" passes what is asked
    and loses what is answered. Whatever was cut or lost ends its connections.
    """

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self.mode = "good"
        self.carried = 0
        """Bytes that went either way."""
        self._to_port = to_port
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._free = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE), "The proxy never listened."

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._loop.run_until_complete(server)
        self._free.set()
        self._ready.set()
        self._loop.run_forever()

    def close(self) -> None:
        """Take the line away."""
        self._call(self._cut)
        self._call(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def _call(self, work: Callable[[], object]) -> None:
        done = threading.Event()

        def call() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait(PATIENCE)

    def be(self, mode: str, delay: float = 0.0) -> None:
        """Make the line good or bad, from now on."""
        self._call(lambda: self._be(mode, delay))

    def _be(self, mode: str, delay: float) -> None:
        if mode in {"cut", "refused"} or self.mode == "lost":
            self._cut()
        self.mode, self._delay = mode, delay
        if mode == "held":
            self._free.clear()
        else:
            self._free.set()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refused":
            writer.transport.abort()
            return
        with suppress(OSError):
            to_server, from_server = None, None
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to_port)
            pair = {writer, to_server}
            self._writers |= pair
            try:
                await asyncio.gather(
                    self._pump(reader, to_server, answers=False),
                    self._pump(from_server, writer, answers=True),
                )
            finally:
                self._writers -= pair
                for one in pair:
                    one.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while data := await reader.read(CHUNK):
            if answers and self.mode == "lost":
                continue
            await self._free.wait()
            if self.mode == "late":
                await asyncio.sleep(self._delay)
            self.carried += len(data)
            while data and self.mode == "trickle":
                await self._write(writer, data[:TRICKLE])
                data = data[TRICKLE:]
                await asyncio.sleep(0.05)
            await self._write(writer, data)
        writer.transport.abort()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if writer.is_closing():
            raise ConnectionAbortedError
        writer.write(data)
        await writer.drain()


def spoil(proxy: Proxy, random: Random) -> float:
    """Make the line as it happens to be for a while; returns the seconds."""
    mode = random.choice(MODES)
    proxy.be(mode, random.uniform(0.05, 0.8))
    return random.uniform(0.1, LONGEST[mode])
