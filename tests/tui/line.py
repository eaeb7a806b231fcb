"""A bad line between a client and its server: it loses replies, holds, and is late."""

import asyncio

import httpx

from tui.app import PortalApp


class Line(httpx.AsyncBaseTransport):
    """What a test sets of it counts for the requests that write, from then on.

    `lost` loses replies of what the server has done, `down` refuses at once, `held` keeps requests
    and replies until it is free, `late` is the seconds by which each way is late.
    """

    def __init__(self, app: PortalApp) -> None:
        to = app.client._transport
        assert to is not None
        self._to = to
        self.lost = self.down = False
        self.late = 0.0
        self.free = asyncio.Event()
        self.free.set()
        self.done: list[str] = []
        app.client._transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._to.handle_async_request(request)
        if self.down:
            raise httpx.ConnectError("down")
        await self._pass()
        reply = await self._to.handle_async_request(request)
        self.done.append(request.url.path)
        if self.lost:
            raise httpx.ReadError("lost")
        await self._pass()
        return reply

    async def _pass(self) -> None:
        if self.late:
            await asyncio.sleep(self.late)
        await self.free.wait()
