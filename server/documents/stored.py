"""The bytes of documents: stored and given, in threads of their own."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import structlog
from anyio import CapacityLimiter
from obstore.exceptions import BaseError

from server.core.cores import run_elsewhere
from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.storage import put_durably
from server.documents.tables import Document
from shared.problems import ProblemCode

THREADS = CapacityLimiter(16)
"""Whoever waits for the store waits here: the threads that answer all others are few."""
PUTS = CapacityLimiter(4)
"""Documents that are stored at once, each with parts of it in memory."""
CHUNK_BYTES = 256 * 1024

log = structlog.get_logger()


@contextmanager
def storage_problem(detail: str) -> Iterator[None]:
    """Raise STORAGE instead of an error of the disk or the store."""
    try:
        yield
    except (BaseError, OSError) as error:
        number = error.errno if isinstance(error, OSError) else None
        log.error("store_refused", kind=type(error).__name__, errno=number)
        raise PortalProblem(ProblemCode.STORAGE, detail) from None


def not_stored(name: str) -> str:
    """Write what a user reads where a document can't be received or stored."""
    return f"{name} can't be stored just now. Nothing was kept of it; try again shortly."


async def store(services: Services, new: Document, file: BinaryIO) -> None:
    """Store a document's bytes, to outlast a power cut; raises STORAGE."""
    with storage_problem(not_stored(new.name)):
        await run_elsewhere(PUTS, put_durably, services.store, new.key, file)


async def give(services: Services, found: Document) -> AsyncIterator[bytes]:
    """Give a document's bytes, chunk by chunk; raises STORAGE.

    Bytes that are not those that were uploaded are not given whole: the last chunk is held back.
    """
    chunks = _verified(services, found)
    first = await anext(chunks)  # what fails at once is a reply of its own

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return whole()


async def _verified(services: Services, found: Document) -> AsyncIterator[bytes]:
    """Yield each chunk once the next is read, and the last once the SHA-256 is compared."""
    detail = f"{found.name} can't be read just now. Try again shortly."
    digest = hashlib.sha256()

    def read(stream: Iterator[object]) -> bytes:
        chunk = memoryview(next(stream, b"")).tobytes()  # type: ignore[arg-type]  # a buffer, which 3.11 can't name
        digest.update(chunk)
        return chunk

    with storage_problem(detail):
        held = await run_elsewhere(THREADS, services.store.get, found.key)
        stream = iter(held.stream(CHUNK_BYTES))
        chunk = await run_elsewhere(THREADS, read, stream)
    while chunk:
        with storage_problem(detail):
            following = await run_elsewhere(THREADS, read, stream)
        if not following:
            break
        yield chunk
        chunk = following
    if digest.hexdigest() != found.sha256:
        log.error("document_damaged", document=str(found.id))
        raise PortalProblem(ProblemCode.STORAGE, detail)
    yield chunk
