"""Request bodies: read within limits of size and time, small ones before anyone is signed in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import Request
from starlette.types import Message

from server.core.problems import PortalProblem
from shared.problems import ProblemCode

UNKNOWN_BYTES = 16 * 1024
"""What is read of a body before it is known who sends it."""
BODY_BYTES = 4 * 1024 * 1024
"""The largest body of JSON: every answer of the longest form fits. Documents are streamed."""
STALL_SECONDS = 15
"""How long a body may stand still, and how long the small part of it may take in all."""
BODY_SECONDS = 120

Admit = Callable[[], Awaitable[bool]]


async def with_body(request: Request, admit: Admit) -> Request:
    """Return a request whose body is read.

    `admit` is called before more than UNKNOWN_BYTES are read: it raises what refuses the sender,
    and returns whether it knows them. Raises TOO_LARGE and SLOW_UPLOAD.
    """
    body = await read_body(request, admit)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


async def _nobody_known() -> bool:
    return False


async def read_body(request: Request, admit: Admit = _nobody_known) -> bytes:
    """Read a body as `with_body` does."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > BODY_BYTES:
        raise _too_large()
    began = asyncio.get_running_loop().time()
    deadline, limit = began + STALL_SECONDS, UNKNOWN_BYTES
    chunks, body = request.stream(), bytearray()
    while (chunk := await next_chunk(chunks, deadline)) is not None:
        body += chunk
        if len(body) > limit == UNKNOWN_BYTES and await admit():
            deadline, limit = began + BODY_SECONDS, BODY_BYTES
        if len(body) > limit:
            raise _too_large()
    return bytes(body)


async def next_chunk(chunks: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """Wait for the next chunk of a body, None at its end; raises SLOW_UPLOAD where none comes.

    `deadline` is on the event loop's clock.
    """
    stalled = asyncio.get_running_loop().time() + STALL_SECONDS
    try:
        async with asyncio.timeout_at(min(deadline, stalled)):
            return await anext(chunks, None)
    except TimeoutError:
        raise PortalProblem(
            ProblemCode.SLOW_UPLOAD,
            "What was sent did not arrive in time. Try again on a better line.",
        ) from None


def _too_large() -> PortalProblem:
    return PortalProblem(ProblemCode.TOO_LARGE, "What was sent is too large to be taken.")
