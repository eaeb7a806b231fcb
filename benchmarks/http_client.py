"""A small HTTP/1.1 keep-alive client for load tests, over asyncio and httptools.

httpx costs about a millisecond of CPU a request. The load generator shares its two cores with the
server, so the benchmark would measure httpx. This client costs about a tenth of that and does only
what load tests need: one request at a time on each connection, no redirects, no cookies, no TLS.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

import httptools

IDLE_SECONDS = 4.0
"""Idle seconds before reconnecting; Uvicorn closes connections that are idle for 5 s."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send; `target` is the path and query."""

    method: str
    target: str
    token: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self, host: str) -> bytes:
        """Encode the request as bytes."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body or self.method != "GET":
            lines.append(f"Content-Length: {len(self.body)}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(slots=True)
class Reply:
    """A complete reply; header names are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Exchange(asyncio.Protocol):
    """One TCP connection: sends requests and parses the replies, one at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.used_at = monotonic()
        self._reply = Reply()
        self._waiting: asyncio.Future[Reply] | None = None
        self._refusal: Reply | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionError(str(exc) if exc else "closed by the server"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._reply.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._reply.body += body

    def on_message_complete(self) -> None:
        reply, self._reply = self._reply, Reply()
        reply.status = self._parser.get_status_code()
        self.used_at = monotonic()
        if not self._parser.should_keep_alive():
            self.close()
        if self._waiting is None:
            self._refusal = reply  # the server has too many connections and refused this one
        elif not self._waiting.done():
            self._waiting.set_result(reply)

    async def send(self, data: bytes) -> Reply:
        if self._refusal is not None:
            return self._refusal
        if self.transport is None:
            raise ConnectionError("closed by the server")
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return await self._waiting

    def usable(self) -> bool:
        if self.transport is None or self.transport.is_closing():
            return False
        return monotonic() - self.used_at < IDLE_SECONDS

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    def _fail(self, error: ConnectionError) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


class Connection:
    """A client for one server that keeps its connection open between requests."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._exchange: _Exchange | None = None

    async def send(self, request: Request) -> Reply:
        """Send a request and wait for its reply; raises OSError when the connection fails.

        If the caller stops waiting (a timeout), the connection is closed, and the next call opens
        another.
        """
        if self._exchange is None or not self._exchange.usable():
            self.close()
            loop = asyncio.get_running_loop()
            _, self._exchange = await loop.create_connection(_Exchange, self._host, self._port)
        exchange, self._exchange = self._exchange, None
        try:
            reply = await exchange.send(request.encode(f"{self._host}:{self._port}"))
        except BaseException:
            exchange.close()
            raise
        self._exchange = exchange
        return reply

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
