"""uvicorn's HTTP/1.1 protocol with limits on connections, header size and waiting time.

uvicorn itself waits without limit for a request head and for a client that does not read, and
limits neither the size of a head nor the number of connections.
"""

import asyncio
from http import HTTPStatus

from fastapi.responses import JSONResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.core.bodies import STALL_SECONDS
from server.core.problems import PortalProblem, busy, reply
from shared.problems import ProblemCode

HEAD_BYTES = 32 * 1024
"""Maximum size of a request's URL and headers, together."""
MAX_CONNECTIONS = 1_000
UNREAD_SECONDS = 30
"""Maximum seconds that a client may leave a response unread."""
KEEP_ALIVE_SECONDS = 65
"""Longer than a client's polling interval, so that it need not reconnect."""
LAST_REQUEST_SECONDS = 1.0
"""Seconds that a server that stops waits for the first request of a connection."""

_head_too_large = reply(
    PortalProblem(ProblemCode.HEAD_TOO_LARGE, "The headers of this request are too large.").problem
)
_head_too_late = reply(
    PortalProblem(ProblemCode.SLOW_UPLOAD, "The request did not arrive in time.").problem
)
_too_many_connections = reply(busy(1).problem)


class GuardedProtocol(HttpToolsProtocol):
    """One connection, closed if a request head is too large or too slow.

    A head is timed and counted from its first byte, even when it is pipelined. The rest of a body
    that was answered early does not count as a head and is skipped.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _unread_timer: asyncio.TimerHandle | None = None
    _last_used_at = 0.0
    _is_stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # same as uvicorn
        """Accept a connection; over the limit, close the longest-idle one or refuse this one."""
        super().connection_made(transport)
        self._last_used_at = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            others = (peer for peer in self.connections if isinstance(peer, GuardedProtocol))
            idle = [peer for peer in others if peer is not self and peer._is_idle]
            if not idle:
                self._refuse(_too_many_connections)
                return
            min(idle, key=lambda peer: peer._last_used_at).transport.close()
        self._start_head_timer()

    @property
    def _is_idle(self) -> bool:
        """Whether the last response is complete and no request has followed."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and not self.transport.is_closing()

    def pause_writing(self) -> None:
        """Start a timer that closes the connection of a client that never reads."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timer once the client has read."""
        self._cancel_unread_timer()
        super().resume_writing()

    def _cancel_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def data_received(self, data: bytes) -> None:
        """Process received data; an oversized head closes the connection."""
        self._last_used_at = self.loop.time()
        if self._head_timer is not None:
            self._head_bytes += len(data)
        elif self.cycle is not None and self.cycle.response_complete:
            self._start_head_timer()  # the next head, or the rest of the last body, is timed
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEAD_BYTES:
            self._refuse(_head_too_large)

    def on_message_begin(self) -> None:
        """Start timing and counting a head."""
        self._start_head_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the response to a request whose head is complete."""
        self._cancel_head_timer()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        self.app = _head_too_large if size > HEAD_BYTES else self.config.loaded_app
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Process part of a body, which does not count towards a head."""
        self._head_bytes = 0
        super().on_body(body)

    def shutdown(self) -> None:
        """Close as soon as no request is in progress; a first one may be on its way."""
        if self.cycle is not None:
            super().shutdown()
            return
        self._is_stopping = True
        self.loop.call_later(LAST_REQUEST_SECONDS, self._close_without_request)

    def _close_without_request(self) -> None:
        if self.cycle is None:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the connection's timers."""
        self._cancel_head_timer()
        self._cancel_unread_timer()
        super().connection_lost(exc)

    def _start_head_timer(self) -> None:
        self._cancel_head_timer()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(STALL_SECONDS, self._refuse, _head_too_late)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, response: JSONResponse) -> None:
        """Respond without a request and close; between requests, close without a response."""
        self._cancel_head_timer()
        if self.transport.is_closing():
            return
        if self.cycle is None:
            lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
            lines += [f"{name}: {value}" for name, value in response.headers.items()]
            head = "\r\n".join([*lines, "connection: close", "", ""])
            self.transport.write(head.encode() + bytes(response.body))
        self.transport.close()
