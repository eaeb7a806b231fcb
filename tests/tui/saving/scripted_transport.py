"""Transport whose test decides what happens to each request."""

import asyncio
from collections import Counter, deque

import httpx
from fastapi import FastAPI

FATES = ("answered", "refused", "lost", "held", "twice", "slow request", "slow reply")


class ScriptedTransport(httpx.AsyncBaseTransport):
    """Applies the next of `fates` to each write request; by default it is answered.

    The client times out on "held" requests. They are added to `late`, as are copies of "twice"
    requests. "slow" requests wait in `in_flight` until they are released.
    """

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)
        self.fates: deque[str] = deque()
        self.in_flight: list[asyncio.Event] = []
        self.late: list[httpx.Request] = []
        self.counts: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request according to its fate."""
        if request.method == "GET":
            return await self._transport.handle_async_request(request)
        fate = self.fates.popleft() if self.fates else "answered"
        self.counts[fate] += 1
        if fate == "refused":
            raise httpx.ConnectError(fate)
        if fate in {"held", "twice"}:
            self.late.append(request)
        if fate == "held":
            raise httpx.ReadTimeout(fate)
        if fate == "slow request":
            await self._wait()
        reply = await self._transport.handle_async_request(request)
        if fate == "slow reply":
            await self._wait()
        if fate == "lost":
            raise httpx.ReadError(fate)
        return reply

    async def _wait(self) -> None:
        released = asyncio.Event()
        self.in_flight.append(released)
        await released.wait()

    def release_slow(self) -> None:
        """Release the slow requests."""
        while self.in_flight:
            self.in_flight.pop().set()

    async def deliver_late(self, index: int) -> None:
        """Deliver a late request, whose client no longer waits for it."""
        if self.late:
            request = self.late.pop(index % len(self.late))
            await self._transport.handle_async_request(request)
