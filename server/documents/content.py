"""Storing and reading the content of documents, in dedicated threads."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import structlog
from anyio import CapacityLimiter
from obstore.exceptions import BaseError

from server.core.cores import run_on_other_cores
from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.storage import describe_failure, put_durably
from server.documents.tables import Document
from shared.problems import ProblemCode

THREADS = CapacityLimiter(16)
"""Threads for the store, separate from the few that serve other requests."""
PUTS = CapacityLimiter(4)
"""Limit on concurrent uploads to the store; each holds parts of a document in memory."""
CHUNK_BYTES = 256 * 1024
CHECK_STORE = (
    "Check that the store in PORTAL_DOCUMENTS_URL, or the folder PORTAL_DATA, is there, writable "
    "and not full."
)
"""What an operator does about a refusal of the store."""

log = structlog.get_logger()


@contextmanager
def storage_problem(detail: str) -> Iterator[None]:
    """Convert an error of the disk or the store to STORAGE."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.error(
            "store_refused",
            kind=type(error).__name__,
            **describe_failure(error),
            do=CHECK_STORE,
        )
        raise PortalProblem(ProblemCode.STORAGE, detail) from None


def not_stored_message(name: str) -> str:
    """Return the user's message for a document that cannot be stored."""
    return f"{name} can't be stored just now. Nothing was kept of it; try again shortly."


async def store(services: Services, new: Document, file: BinaryIO) -> None:
    """Store a document's content durably; raises STORAGE."""
    with storage_problem(not_stored_message(new.name)):
        await run_on_other_cores(PUTS, put_durably, services.store, new.key, file)


async def open_content(services: Services, document: Document) -> AsyncIterator[bytes]:
    """Return the chunks of a document's content; raises STORAGE.

    The last chunk is withheld until the checksum is verified, so damaged content stays incomplete.
    """
    chunks = _verified_chunks(services, document)
    first = await anext(chunks)  # so that an immediate failure gets an error response

    async def all_chunks() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_chunks()


async def _verified_chunks(services: Services, document: Document) -> AsyncIterator[bytes]:
    """Yield each chunk after reading the next, and the last once the SHA-256 matches."""
    detail = f"{document.name} can't be read just now. Try again shortly."
    digest = hashlib.sha256()

    def read(stream: Iterator[object]) -> bytes:
        chunk = memoryview(next(stream, b"")).tobytes()  # type: ignore[arg-type]  # 3.11 has no type for buffers
        digest.update(chunk)
        return chunk

    with storage_problem(detail):
        response = await run_on_other_cores(THREADS, services.store.get, document.key)
        stream = iter(response.stream(CHUNK_BYTES))
        chunk = await run_on_other_cores(THREADS, read, stream)
    while chunk:
        with storage_problem(detail):
            next_chunk = await run_on_other_cores(THREADS, read, stream)
        if not next_chunk:
            break
        yield chunk
        chunk = next_chunk
    if digest.hexdigest() != document.sha256:
        log.error(
            "document_damaged",
            document=str(document.id),
            do="Restore this document's content from a backup, and check the disk.",
        )
        raise PortalProblem(ProblemCode.STORAGE, detail)
    yield chunk
