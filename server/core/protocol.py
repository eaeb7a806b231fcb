"""HTTP/1.1 as uvicorn speaks it, with limits: open connections, a head's size, and waits.

uvicorn itself waits without end for a head and for a client to read, takes a head of any size, and
any number of connections.
"""

import asyncio
from http import HTTPStatus

from fastapi.responses import JSONResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.core.bodies import STALL_SECONDS
from server.core.problems import PortalProblem, busy, reply
from shared.problems import ProblemCode

HEAD_BYTES = 32 * 1024
"""Of the address and the headers of a request."""
CONNECTIONS_MOST = 1_000
UNREAD_SECONDS = 30
"""How long a client may leave unread what was sent to it."""
KEEP_ALIVE_SECONDS = 65
"""Longer than a client waits between two polls, so that it need not connect anew."""

_head_too_large = reply(
    PortalProblem(ProblemCode.HEAD_TOO_LARGE, "The headers of this request are too large.").problem
)
_head_too_late = reply(
    PortalProblem(ProblemCode.SLOW_UPLOAD, "The request did not arrive in time.").problem
)
_too_many = reply(busy(1).problem)


class GuardedProtocol(HttpToolsProtocol):
    """One connection, closed where a request's head is too large or does not come in time.

    A head is timed and counted from its first byte on, also behind a request under way; what still
    comes of a body that was answered early is not a head, and is read over.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _unread_timer: asyncio.TimerHandle | None = None
    _used_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a connection; where too many are open the longest idle one goes, or this one."""
        super().connection_made(transport)
        self._used_at = self.loop.time()
        if len(self.connections) > CONNECTIONS_MOST:
            others = (one for one in self.connections if isinstance(one, GuardedProtocol))
            idle = [one for one in others if one is not self and one._idle]
            if not idle:
                self._refuse(_too_many)
                return
            min(idle, key=lambda one: one._used_at).transport.close()
        self._time_head()

    @property
    def _idle(self) -> bool:
        """Whether a request was answered whole, and none has come since."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and not self.transport.is_closing()

    def pause_writing(self) -> None:
        """Begin to wait until the client reads: one that never does would stay for ever."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on once the client has read."""
        self._stop_waiting()
        super().resume_writing()

    def _stop_waiting(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that goes on for too long ends the connection."""
        self._used_at = self.loop.time()
        if self._head_timer is not None:
            self._head_bytes += len(data)
        elif self.cycle is not None and self.cycle.response_complete:
            self._time_head()  # the next head, or a rest of the last body, comes in limited time
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEAD_BYTES:
            self._refuse(_head_too_large)

    def on_message_begin(self) -> None:
        """Begin to time and count a head."""
        self._time_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer a request whose head is there."""
        self._stop_timing()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        self.app = _head_too_large if size > HEAD_BYTES else self.config.loaded_app
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body; a rest that nobody reads is no part of a head."""
        self._head_bytes = 0
        super().on_body(body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timing()
        self._stop_waiting()
        super().connection_lost(exc)

    def _time_head(self) -> None:
        self._stop_timing()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(STALL_SECONDS, self._refuse, _head_too_late)

    def _stop_timing(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, answer: JSONResponse) -> None:
        """Answer without a request, and close; between two requests nothing is answered."""
        self._stop_timing()
        if self.transport.is_closing():
            return
        if self.cycle is None:
            lines = [f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            head = "\r\n".join([*lines, "connection: close", "", ""])
            self.transport.write(head.encode() + bytes(answer.body))
        self.transport.close()
