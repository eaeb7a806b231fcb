"""A slow link between a client and a server: a proxy that delays bytes and counts round trips."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PACKET_BYTES = 1460
TIMEOUT_SECONDS = 10.0


class SlowLink:
    """A link with a delay in each direction, in seconds, and a rate in bytes per second.

    `round_trips` counts the times that a request is sent after a reply, so requests that are sent
    together count as one.
    """

    def __init__(self, port: int, delay: float, rate: float) -> None:
        self.url = ""
        self.round_trips = 0
        self._port, self._delay, self._rate = port, delay, rate
        self._is_replied = True
        self._free_at = {"request": 0.0, "reply": 0.0}

    async def serve(self, ready: threading.Event) -> None:
        """Serve on a free port, which `url` then names."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await server.serve_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        with suppress(OSError):
            await asyncio.gather(
                self._pump(reader, to_server, "request"), self._pump(from_server, writer, "reply")
            )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str
    ) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(PACKET_BYTES):
            if direction == "request" and self._is_replied:
                self.round_trips += 1
                self._is_replied = False
            sent_at = max(loop.time(), self._free_at[direction]) + len(data) / self._rate
            self._free_at[direction] = sent_at
            loop.call_at(sent_at + self._delay, self._deliver, writer, data, direction)
        loop.call_later(self._delay * 2, writer.close)

    def _deliver(self, writer: asyncio.StreamWriter, data: bytes, direction: str) -> None:
        if not writer.is_closing():
            writer.write(data)
        if direction == "reply":
            self._is_replied = True


@contextmanager
def open_slow_link(server_url: str, delay: float, rate: float) -> Iterator[SlowLink]:
    """Yield a slow link to a server, which runs in a thread of its own."""
    link = SlowLink(urlsplit(server_url).port or 80, delay, rate)
    loop, ready = asyncio.new_event_loop(), threading.Event()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    task = loop.create_task(link.serve(ready))
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(TIMEOUT_SECONDS)
    try:
        yield link
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(TIMEOUT_SECONDS)
