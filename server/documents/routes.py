"""Routes of documents: bytes in, bytes out."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import StreamingResponse
from obstore.exceptions import BaseError

from server.accounts.actor import CaseWorker, case_worker_of
from server.cases.acting import note_read
from server.core.audit import Action, record
from server.core.database import Services, Tx, services_of
from server.core.problems import PortalProblem
from server.core.storage import STORE_THREADS
from server.documents import service
from server.documents.tables import Document
from server.documents.upload import take_in
from shared.documents import DocumentOut
from shared.problems import ProblemCode

log = structlog.get_logger()

router = APIRouter(prefix="/v1")


@router.put("/people/{person}/documents/{document}", status_code=201)
async def upload(
    person: UUID,
    document: UUID,
    name: Annotated[str, Query(min_length=1, max_length=1000)],
    request: Request,
) -> DocumentOut:
    """Upload a document of a person; its bytes are the body."""
    return await take_in(request, person, document, name)


@router.get("/documents/{document}")
def read(document: UUID, actor: CaseWorker, tx: Tx) -> DocumentOut:
    """Tell a document."""
    return service.document_out(service.find_document(tx, actor, document))


@router.get("/documents/{document}/content")
async def content(document: UUID, request: Request) -> StreamingResponse:
    """Give a document's bytes, to be saved and never shown by a browser."""
    services = services_of(request)
    found = await run_sync(_find, request, services, document)
    try:
        held = await run_sync(services.store.get, found.key, limiter=STORE_THREADS)
    except (BaseError, OSError) as error:
        log.error("store_refused", kind=type(error).__name__)
        raise PortalProblem(
            ProblemCode.STORAGE, f"{found.name} can't be read just now. Try again shortly."
        ) from None
    await run_sync(_note_opened, request, services, document)
    return StreamingResponse(
        _chunks(iter(held)),
        media_type=found.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Content-Length": str(found.size),
        },
    )


def _find(request: Request, services: Services, document: UUID) -> Document:
    with services.transaction(writes=False) as tx:
        return service.find_document(tx, case_worker_of(request, tx), document)


def _note_opened(request: Request, services: Services, document: UUID) -> None:
    with services.transaction() as tx:
        actor = case_worker_of(request, tx)
        found = service.find_document(tx, actor, document)
        record(
            tx, Action.DOCUMENT_READ, account=actor.account_id, subject=document,
            person=found.person_id, address=actor.address,
        )  # fmt: skip
        note_read(tx, actor, document)


async def _chunks(held: Iterator[object]) -> AsyncIterator[bytes]:
    while (chunk := await run_sync(next, held, None, limiter=STORE_THREADS)) is not None:
        yield memoryview(chunk).tobytes()  # type: ignore[arg-type]  # a buffer, which 3.11 can't name


@router.delete("/documents/{document}", status_code=204)
def remove(document: UUID, actor: CaseWorker, tx: Tx, after: BackgroundTasks) -> None:
    """Remove a document that was not submitted; its bytes go once the row is gone."""
    after.add_task(_drop, tx.services, service.remove_document(tx, actor, document))


async def _drop(services: Services, key: str) -> None:
    try:
        await run_sync(services.store.delete, key, limiter=STORE_THREADS)
    except (BaseError, OSError) as error:
        log.error("store_refused", kind=type(error).__name__)
