"""Calls to a server that may be killed at any moment: repeated, the same, until answered."""

from threading import Event
from time import monotonic
from typing import Any

import httpx

from tests.faults.history import History, Kind

SECONDS = 20.0
"""As long as the real client waits for a reply."""
PATIENCE = 180.0
BETWEEN_TRIES = 0.1
AWAY = {502, 503, 504}
RECORDED = {"id", "version", "number", "reference", "sha256", "code", "detail"}
"""What the history records of a reply."""


class Unanswered(Exception):
    """The server did not answer an operation for `PATIENCE` seconds, however often repeated."""


class Caller:
    """Sends the operations of one client, and writes its history."""

    def __init__(self, url: str, history: History, token: str, is_up: Event) -> None:
        self._http = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False)
        self._history = history
        self._is_up = is_up
        self._pause = Event()
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
        repeat: bool = True,
        **request: Any,
    ) -> httpx.Response | None:
        """Call the server; None where the reply was lost and the call is not to be repeated."""
        number = self._history.sending(kind, data)
        end = monotonic() + PATIENCE
        while True:
            reply, why = self._try(method, path, request)
            if reply is not None:
                body = {key: value for key, value in _body(reply).items() if key in RECORDED}
                self._history.answered(number, reply.status_code, body)
                return reply
            self._history.reply_lost(number, why)
            if not repeat:
                self._wait()
                return None
            if monotonic() > end:
                raise Unanswered(f"{kind} {data}: {why}")
            self._wait()

    def get(self, path: str, **request: Any) -> dict[str, Any]:
        """Read from the server, which is no operation of the history."""
        end = monotonic() + PATIENCE
        while True:
            reply, why = self._try("GET", path, request)
            if reply is not None:
                return _body(reply.raise_for_status())
            if monotonic() > end:
                raise Unanswered(f"GET {path}: {why}")
            self._wait()

    def _wait(self) -> None:
        """Wait until the server is up: tries before that would only slow its start down."""
        self._pause.wait(BETWEEN_TRIES)
        self._is_up.wait(PATIENCE)

    def _try(
        self, method: str, path: str, request: dict[str, Any]
    ) -> tuple[httpx.Response | None, str]:
        headers = {"Authorization": f"Bearer {self.token}"} | request.get("headers", {})
        try:
            reply = self._http.request(method, path, **(request | {"headers": headers}))
        except httpx.TransportError as error:
            return None, type(error).__name__
        return (None, str(reply.status_code)) if reply.status_code in AWAY else (reply, "")


def _body(reply: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = reply.json() if reply.content else {}
    return body
