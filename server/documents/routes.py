"""Routes of documents: bytes in, bytes out."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import CaseWorker, case_worker_of
from server.cases.acting import note_read
from server.core.audit import Action, record
from server.core.database import Services, Tx, services_of
from server.documents import service
from server.documents.stored import drop, give
from server.documents.tables import Document
from server.documents.upload import take_in
from shared.documents import DocumentOut

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
    pieces = await give(services, found)
    await run_sync(_note_opened, request, services, document)
    return StreamingResponse(
        pieces,
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


@router.delete("/documents/{document}", status_code=204)
def remove(document: UUID, actor: CaseWorker, tx: Tx, after: BackgroundTasks) -> None:
    """Remove a document that was not submitted; its bytes go once the row is gone."""
    after.add_task(drop, tx.services, [service.remove_document(tx, actor, document)])
