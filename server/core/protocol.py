"""HTTP/1.1 as uvicorn speaks it, with limits: open connections, a head's size and its time.

uvicorn itself waits for a head without end, takes one of any size, and any number of connections.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.core.bodies import STALL_SECONDS
from server.core.problems import PortalProblem, reply
from shared.problems import ProblemCode

HEAD_BYTES = 32 * 1024
"""Of the address and the headers of a request."""
CONNECTIONS_MOST = 1_000
KEEP_ALIVE_SECONDS = 65
"""Longer than a client waits between two polls, so that it need not connect anew."""

_head_too_large = reply(
    PortalProblem(ProblemCode.HEAD_TOO_LARGE, "The headers of this request are too large.").problem
)


class GuardedProtocol(HttpToolsProtocol):
    """One connection, closed where a request's head is too large or does not come in time."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a connection, or refuse it where too many are open."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MOST:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._time_head()

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that goes on for too long ends the connection."""
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._time_head()
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begin to answer a request whose head is there."""
        self._stop_timing()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        self.app = _head_too_large if size > HEAD_BYTES else self.config.loaded_app
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timing()
        super().connection_lost(exc)

    def _time_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(
            STALL_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT
        )

    def _stop_timing(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_timing()
        if not self.transport.is_closing():
            head = (
                f"HTTP/1.1 {status} {status.phrase}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(f"{head}\r\n".encode())
            self.transport.close()
