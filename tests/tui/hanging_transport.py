"""Transport that holds requests until a test releases them."""

import asyncio

import httpx

from tui.app import PortalApp


class HangingTransport(httpx.AsyncBaseTransport):
    """Holds matching requests until `released` is set.

    A request matches if its path contains `part`; without `part`, every write request does.
    """

    def __init__(self, app: PortalApp, part: str = "") -> None:
        transport = app.client._transport
        assert transport is not None
        self._transport, self._part = transport, part
        self.released, self.is_holding = asyncio.Event(), False
        app.client._transport = self

    def hold_again(self) -> None:
        """Hold the next matching request too."""
        self.released.clear()
        self.is_holding = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        hold = self._part in request.url.path if self._part else request.method != "GET"
        if hold:
            self.is_holding = True
            await self.released.wait()
        return await self._transport.handle_async_request(request)
