"""The id of each request: in its log lines, its response and its problem."""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from shared.problems import quoted

HEADER = "X-Request-ID"

_FORWARDED = re.compile(r"[A-Za-z0-9._-]{8,40}")
"""Shorter than a token, so that no secret is logged as an id."""
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def choose_id(forwarded: str | None) -> str:
    """Return the id that a listed proxy forwards if it looks like one, or a new one."""
    return forwarded if forwarded and _FORWARDED.fullmatch(forwarded) else uuid4().hex


@contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Set the id of the request that is being served."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def current_id() -> str | None:
    """Return the id of the request that is being served."""
    return _current.get()


def add_request_id(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the id of the request, and what users quote of it, to a line of the log.

    structlog's own context variables take ten times as long for each request.
    """
    if request_id := _current.get():
        event.update(request_id=request_id, quoted=quoted(request_id))
    return event
