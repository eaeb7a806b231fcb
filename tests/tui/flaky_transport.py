"""Transport that simulates a bad connection between client and server."""

import asyncio

import httpx

from tui.app import PortalApp


class FlakyTransport(httpx.AsyncBaseTransport):
    """Loses, refuses, holds or delays write requests.

    With `lose_replies` the server handles the request but its reply is lost; with
    `refuse_connections` no request is sent; clearing `released` holds requests and replies; `delay`
    is in seconds, each way.
    """

    def __init__(self, app: PortalApp) -> None:
        transport = app.client._transport
        assert transport is not None
        self._transport = transport
        self.lose_replies = self.refuse_connections = False
        self.delay = 0.0
        self.released = asyncio.Event()
        self.released.set()
        self.completed: list[str] = []
        app.client._transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._transport.handle_async_request(request)
        if self.refuse_connections:
            raise httpx.ConnectError("down")
        await self._wait()
        reply = await self._transport.handle_async_request(request)
        self.completed.append(request.url.path)
        if self.lose_replies:
            raise httpx.ReadError("lost")
        await self._wait()
        return reply

    async def _wait(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await self.released.wait()
