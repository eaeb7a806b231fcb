"""HTTP calls that are retried unchanged until the server answers, even if it is killed."""

from threading import Event
from time import monotonic
from typing import Any

import httpx

from tests.faults.history import History, Kind

REPLY_TIMEOUT = 20.0
"""Seconds to wait for a reply, as in the real client."""
GIVE_UP_SECONDS = 180.0
RETRY_SECONDS = 0.1
UNAVAILABLE = {502, 503, 504}
RECORDED_KEYS = {"id", "version", "number", "reference", "sha256", "code", "detail"}
"""Keys of a reply that the history records."""


class UnansweredError(Exception):
    """The server did not answer an operation within `GIVE_UP_SECONDS`."""


class Caller:
    """Sends one client's operations and records them in its history."""

    def __init__(self, url: str, history: History, token: str, is_up: Event) -> None:
        self._http = httpx.Client(base_url=url, timeout=REPLY_TIMEOUT, trust_env=False)
        self._history = history
        self._is_up = is_up
        self._pause = Event()
        self._retry_seconds = RETRY_SECONDS
        self.token = token

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(
        self,
        kind: Kind,
        data: dict[str, Any],
        method: str,
        path: str,
        *,
        retry: bool = True,
        **request: Any,
    ) -> httpx.Response | None:
        """Call the server; return None if the reply was lost and `retry` is false."""
        number = self._history.record_request(kind, data)
        deadline = monotonic() + GIVE_UP_SECONDS
        while True:
            reply, reason = self._send(method, path, request)
            if reply is not None:
                body = {
                    key: value for key, value in _json_body(reply).items() if key in RECORDED_KEYS
                }
                self._history.record_reply(number, reply.status_code, body)
                return reply
            self._history.record_lost_reply(number, reason)
            if not retry:
                self._wait()
                return None
            if monotonic() > deadline:
                raise UnansweredError(f"{kind} {data}: {reason}")
            self._wait()

    def get(self, path: str, **request: Any) -> dict[str, Any]:
        """Read from the server without recording it in the history."""
        deadline = monotonic() + GIVE_UP_SECONDS
        while True:
            reply, reason = self._send("GET", path, request)
            if reply is not None:
                return _json_body(reply.raise_for_status())
            if monotonic() > deadline:
                raise UnansweredError(f"GET {path}: {reason}")
            self._wait()

    def _wait(self) -> None:
        """Wait as long as the reply says, and until the server is up.

        Earlier retries would slow down its start.
        """
        self._pause.wait(self._retry_seconds)
        self._is_up.wait(GIVE_UP_SECONDS)

    def _send(
        self, method: str, path: str, request: dict[str, Any]
    ) -> tuple[httpx.Response | None, str]:
        self._retry_seconds = RETRY_SECONDS
        headers = {"Authorization": f"Bearer {self.token}"} | request.get("headers", {})
        try:
            reply = self._http.request(method, path, **(request | {"headers": headers}))
        except httpx.TransportError as error:
            return None, type(error).__name__
        if reply.status_code not in UNAVAILABLE:
            return reply, ""
        self._retry_seconds = float(reply.headers.get("Retry-After", RETRY_SECONDS))
        return None, str(reply.status_code)


def _json_body(reply: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = reply.json() if reply.content else {}
    return body
