"""A transport that simulates a bad connection between client and server."""

import asyncio

import httpx

from tui.app import PortalApp


class FlakyTransport(httpx.AsyncBaseTransport):
    """Loses, refuses, holds or delays the requests that write.

    With `lost` the server acts but the reply is lost; with `down` the connection is refused;
    clearing `free` holds requests and replies; `delay` is in seconds, each way.
    """

    def __init__(self, app: PortalApp) -> None:
        transport = app.client._transport
        assert transport is not None
        self._transport = transport
        self.lost = self.down = False
        self.delay = 0.0
        self.free = asyncio.Event()
        self.free.set()
        self.completed: list[str] = []
        app.client._transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._transport.handle_async_request(request)
        if self.down:
            raise httpx.ConnectError("down")
        await self._pass()
        reply = await self._transport.handle_async_request(request)
        self.completed.append(request.url.path)
        if self.lost:
            raise httpx.ReadError("lost")
        await self._pass()
        return reply

    async def _pass(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await self.free.wait()
