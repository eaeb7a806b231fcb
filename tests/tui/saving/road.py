"""The way of a program's requests to the server, as a test decides over each of them."""

import asyncio
from collections import Counter, deque

import httpx
from fastapi import FastAPI

FATES = ("answered", "refused", "lost", "held", "twice", "slow to go", "slow to come back")


class Road(httpx.AsyncBaseTransport):
    """Gives each request that writes the next fate; without one it is answered.

    "held" requests are given up by the program and lie in `late`, as do copies of those sent
    "twice"; "slow" ones wait in `air` until they are let go.
    """

    def __init__(self, app: FastAPI) -> None:
        self._to = httpx.ASGITransport(app)
        self.fates: deque[str] = deque()
        self.air: list[asyncio.Event] = []
        self.late: list[httpx.Request] = []
        self.met: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request as its fate wants."""
        if request.method == "GET":
            return await self._to.handle_async_request(request)
        fate = self.fates.popleft() if self.fates else "answered"
        self.met[fate] += 1
        if fate == "refused":
            raise httpx.ConnectError(fate)
        if fate in {"held", "twice"}:
            self.late.append(request)
        if fate == "held":
            raise httpx.ReadTimeout(fate)
        if fate == "slow to go":
            await self._wait()
        reply = await self._to.handle_async_request(request)
        if fate == "slow to come back":
            await self._wait()
        if fate == "lost":
            raise httpx.ReadError(fate)
        return reply

    async def _wait(self) -> None:
        free = asyncio.Event()
        self.air.append(free)
        await free.wait()

    def let_go(self) -> None:
        """Let those that are slow go on."""
        while self.air:
            self.air.pop().set()

    async def deliver(self, which: int) -> None:
        """Let one arrive that nobody waits for any more."""
        if self.late:
            request = self.late.pop(which % len(self.late))
            await self._to.handle_async_request(request)
