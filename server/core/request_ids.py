"""The id of each request: in its log lines, its response and its problem."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from structlog.contextvars import bound_contextvars, get_contextvars

from shared.problems import quoted

HEADER = "X-Request-ID"

_FORWARDED = re.compile(r"[A-Za-z0-9._-]{8,40}")
"""Shorter than a token, so that no secret is logged as an id."""


def choose_id(forwarded: str | None) -> str:
    """Return the id that a listed proxy forwards if it looks like one, or a new one."""
    return forwarded if forwarded and _FORWARDED.fullmatch(forwarded) else uuid4().hex


@contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Add the id, and what users quote of it, to the log lines of the request."""
    with bound_contextvars(request_id=request_id, quoted=quoted(request_id)):
        yield


def current_id() -> str | None:
    """Return the id of the request that is being served."""
    return get_contextvars().get("request_id")
