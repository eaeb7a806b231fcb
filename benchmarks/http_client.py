"""A small HTTP/1.1 keep-alive client for load tests, over asyncio and httptools.

httpx uses about a millisecond of CPU per request. The load generator shares its two cores with the
server, so the benchmark would measure httpx. This client uses about a tenth of that and does only
what load tests need: one request at a time per connection, without redirects, cookies or TLS.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

import httptools

IDLE_SECONDS = 4.0
"""Idle time before reconnecting; Uvicorn closes connections after 5 idle seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; `target` is the path and query."""

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
class Response:
    """An HTTP response; header names are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _HttpProtocol(asyncio.Protocol):
    """One TCP connection, which sends one request at a time and parses its response."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.last_used_at = monotonic()
        self._response = Response()
        self._pending: asyncio.Future[Response] | None = None
        self._refusal: Response | None = None
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
        self._response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._response.body += body

    def on_message_complete(self) -> None:
        response, self._response = self._response, Response()
        response.status = self._parser.get_status_code()
        self.last_used_at = monotonic()
        if not self._parser.should_keep_alive():
            self.close()
        if self._pending is None:
            self._refusal = response  # the server refused this connection because it has too many
        elif not self._pending.done():
            self._pending.set_result(response)

    async def send(self, data: bytes) -> Response:
        if self._refusal is not None:
            return self._refusal
        if self.transport is None:
            raise ConnectionError("closed by the server")
        self._pending = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return await self._pending

    def is_usable(self) -> bool:
        if self.transport is None or self.transport.is_closing():
            return False
        return monotonic() - self.last_used_at < IDLE_SECONDS

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    def _fail(self, error: ConnectionError) -> None:
        self.close()
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(error)


class Connection:
    """A client of one server, which keeps its connection open between requests."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._protocol: _HttpProtocol | None = None

    async def send(self, request: Request) -> Response:
        """Send a request and return its response.

        If the call is cancelled, by a timeout for example, the connection is closed, and the next
        call opens another. Raises OSError if the connection fails.
        """
        if self._protocol is None or not self._protocol.is_usable():
            self.close()
            loop = asyncio.get_running_loop()
            _, self._protocol = await loop.create_connection(_HttpProtocol, self._host, self._port)
        protocol, self._protocol = self._protocol, None
        try:
            response = await protocol.send(request.encode(f"{self._host}:{self._port}"))
        except BaseException:
            protocol.close()
            raise
        self._protocol = protocol
        return response

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._protocol is not None:
            self._protocol.close()
            self._protocol = None
