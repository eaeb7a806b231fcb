"""A line that hangs until a test lets it go."""

import asyncio

import httpx

from tui.app import PortalApp


class Slow(httpx.AsyncBaseTransport):
    """Between a client and its server: holds what writes, or what asks for a path with `words`."""

    def __init__(self, app: PortalApp, words: str = "") -> None:
        to = app.client._transport
        assert to is not None
        self._to, self._words = to, words
        self.free, self.waits = asyncio.Event(), False
        app.client._transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        held = self._words in request.url.path if self._words else request.method != "GET"
        if held:
            self.waits = True
            await self.free.wait()
        return await self._to.handle_async_request(request)
