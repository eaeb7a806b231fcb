"""TCP proxy that simulates bad connections: slow, stalled, cut, refused or losing replies."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from random import Random

from tests.running import find_free_port

CHUNK_BYTES = 64 * 1024
TRICKLE_BYTES = 256
TIMEOUT_SECONDS = 10.0

MODES = ("good", "delayed", "stalled", "trickle", "cut", "refused", "lost")
MAX_SECONDS = {
    "good": 3.0,
    "delayed": 5.0,
    "stalled": 5.0,
    "trickle": 4.0,
    "cut": 0.3,
    "refused": 4.0,
    "lost": 4.0,
}
"""Maximum duration of each mode, in seconds."""


class Proxy:
    """Proxy between one client and the server, running in its own thread.

    `mode` is the current state: "good"; "delayed" delays both directions; "stalled" forwards
    nothing; "trickle" forwards a few bytes at a time; "refused" accepts no connections; "lost"
    forwards requests and drops replies. Connections are closed by "cut", and when "lost" ends.
    """

    def __init__(self, server_port: int) -> None:
        self.port = find_free_port()
        self.mode = "good"
        self.bytes_forwarded = 0
        """Bytes forwarded in both directions."""
        self._server_port = server_port
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._can_send = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(TIMEOUT_SECONDS), "The proxy did not start."

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._loop.run_until_complete(server)
        self._can_send.set()
        self._ready.set()
        self._loop.run_forever()

    def close(self) -> None:
        """Close all connections and stop the thread."""
        self._call(self._close_connections)
        self._call(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_SECONDS)

    def _call(self, work: Callable[[], object]) -> None:
        done = threading.Event()

        def call() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait(TIMEOUT_SECONDS)

    def set_mode(self, mode: str, delay: float = 0.0) -> None:
        """Switch to a mode; `delay` is for "delayed", in seconds."""
        self._call(lambda: self._set_mode(mode, delay))

    def _set_mode(self, mode: str, delay: float) -> None:
        if mode in {"cut", "refused"} or self.mode == "lost":
            self._close_connections()
        self.mode, self._delay = mode, delay
        if mode == "stalled":
            self._can_send.clear()
        else:
            self._can_send.set()

    def _close_connections(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refused":
            writer.transport.abort()
            return
        with suppress(OSError):
            to_server, from_server = None, None
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
            pair = {writer, to_server}
            self._writers |= pair
            try:
                await asyncio.gather(
                    self._pump(reader, to_server, replies=False),
                    self._pump(from_server, writer, replies=True),
                )
            finally:
                self._writers -= pair
                for peer in pair:
                    peer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool
    ) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if replies and self.mode == "lost":
                continue
            await self._can_send.wait()
            if self.mode == "delayed":
                await asyncio.sleep(self._delay)
            self.bytes_forwarded += len(data)
            while data and self.mode == "trickle":
                await self._write(writer, data[:TRICKLE_BYTES])
                data = data[TRICKLE_BYTES:]
                await asyncio.sleep(0.05)
            await self._write(writer, data)
        writer.transport.abort()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if writer.is_closing():
            raise ConnectionAbortedError
        writer.write(data)
        await writer.drain()


def set_random_mode(proxy: Proxy, random: Random) -> float:
    """Switch to a random mode and return the seconds to keep it."""
    mode = random.choice(MODES)
    proxy.set_mode(mode, random.uniform(0.05, 0.8))
    return random.uniform(0.1, MAX_SECONDS[mode])
