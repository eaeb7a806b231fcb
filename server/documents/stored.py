"""The bytes of documents: stored, given and dropped, in threads of their own."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import BinaryIO

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from obstore.exceptions import BaseError

from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.storage import put_durably
from server.documents.tables import Document
from shared.problems import ProblemCode

THREADS = CapacityLimiter(16)
"""Whoever waits for the store waits here: the threads that answer all others are few."""

log = structlog.get_logger()


async def store(services: Services, new: Document, file: BinaryIO) -> None:
    """Store a document's bytes, to outlast a power cut; raises STORAGE."""
    try:
        await run_sync(put_durably, services.store, new.key, file, limiter=THREADS)
    except (BaseError, OSError) as error:
        log.error("store_refused", kind=type(error).__name__)
        raise PortalProblem(
            ProblemCode.STORAGE,
            f"{new.name} can't be stored just now. Nothing was kept of it; try again shortly.",
        ) from None


async def give(services: Services, found: Document) -> AsyncIterator[bytes]:
    """Give a document's bytes, piece by piece; raises STORAGE."""
    try:
        held = await run_sync(services.store.get, found.key, limiter=THREADS)
    except (BaseError, OSError) as error:
        log.error("store_refused", kind=type(error).__name__)
        raise PortalProblem(
            ProblemCode.STORAGE, f"{found.name} can't be read just now. Try again shortly."
        ) from None
    return _pieces(iter(held))


async def _pieces(held: Iterator[object]) -> AsyncIterator[bytes]:
    while (piece := await run_sync(next, held, None, limiter=THREADS)) is not None:
        yield memoryview(piece).tobytes()  # type: ignore[arg-type]  # a buffer, which 3.11 can't name


async def drop(services: Services, keys: Iterable[str]) -> None:
    """Drop what the store keeps under keys whose rows are gone, as far as it lets us."""
    for key in keys:
        try:
            await run_sync(services.store.delete, key, limiter=THREADS)
        except (BaseError, OSError) as error:
            log.error("store_refused", kind=type(error).__name__)
