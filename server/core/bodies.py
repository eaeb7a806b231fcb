"""Reading request bodies, with stricter limits before the sender is authenticated."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.types import Message

from server.core.problems import PortalProblem
from shared.problems import ProblemCode

UNAUTHENTICATED_BYTES = 16 * 1024
"""Maximum bytes read from a body before its sender is authenticated."""
BODY_BYTES = 4 * 1024 * 1024
"""Maximum size of a JSON body, enough for the longest form. Documents are streamed instead."""
STALL_SECONDS = 15
"""Maximum gap between two chunks, and the time limit of an unauthenticated body."""
BODY_SECONDS = 120
NUL = "\0"

Authenticate = Callable[[], Awaitable[bool]]


async def with_body(request: Request, authenticate: Authenticate) -> Request:
    """Return a request whose body has been read.

    `authenticate` is called before more than UNAUTHENTICATED_BYTES are read: it returns whether the
    sender is authenticated, or raises a problem. Raises TOO_LARGE and SLOW_UPLOAD.
    """
    body = await read_body(request, authenticate)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


async def _authenticate_nobody() -> bool:
    return False


async def read_body(request: Request, authenticate: Authenticate = _authenticate_nobody) -> bytes:
    """Read a body within the limits; see `with_body`."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > BODY_BYTES:
        raise _too_large()
    started_at = asyncio.get_running_loop().time()
    deadline, limit = started_at + STALL_SECONDS, UNAUTHENTICATED_BYTES
    chunks, body = request.stream(), bytearray()
    while (chunk := await next_chunk(chunks, deadline)) is not None:
        body += chunk
        if len(body) > limit == UNAUTHENTICATED_BYTES and await authenticate():
            deadline, limit = started_at + BODY_SECONDS, BODY_BYTES
        if len(body) > limit:
            raise _too_large()
    return bytes(body)


async def next_chunk(chunks: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """Return the next chunk of a body, or None at its end.

    `deadline` is on the event loop's clock. Raises SLOW_UPLOAD after it, or after a long gap.
    """
    stalled_at = asyncio.get_running_loop().time() + STALL_SECONDS
    try:
        async with asyncio.timeout_at(min(deadline, stalled_at)):
            return await anext(chunks, None)
    except TimeoutError:
        raise PortalProblem(
            ProblemCode.SLOW_UPLOAD,
            "What was sent did not arrive in time. Try again on a better line.",
        ) from None


def require_no_nul(request: Request, body: bytes) -> None:
    """Raise RequestValidationError if a path, query or JSON body holds NUL.

    PostgreSQL can't store it, and SQLite's functions end a text there.
    """
    query = request.query_params.multi_items()
    places: list[tuple[str | int, ...]] = [("path",)] if NUL in request.scope["path"] else []
    places += [("query", name) for name, value in query if NUL in name + value]
    # Other encodings of JSON hold NUL bytes between the characters of an escape.
    if b"\0" in body or rb"\u0000" in body:
        places += _find_nul(body)
    if places:
        message = "This holds a character that can't be kept."
        raise RequestValidationError(
            [{"loc": place, "msg": message, "type": "nul"} for place in places]
        )


def _find_nul(body: bytes) -> list[tuple[str | int, ...]]:
    """List the places of texts with NUL in a JSON body; [] if it isn't JSON."""
    places: list[tuple[str | int, ...]] = []
    try:
        values: list[tuple[tuple[str | int, ...], object]] = [(("body",), json.loads(body))]
    except (ValueError, RecursionError):
        return []
    while values:
        place, value = values.pop()
        if isinstance(value, str) and NUL in value:
            places.append(place)
        elif isinstance(value, list):
            values += [((*place, index), item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            places += [(*place, name) for name in value if NUL in name]
            values += [((*place, name), item) for name, item in value.items()]
    return places


def _too_large() -> PortalProblem:
    return PortalProblem(ProblemCode.TOO_LARGE, "What was sent is too large to be taken.")
