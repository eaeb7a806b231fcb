"""Routes for uploading and downloading documents."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import CaseWorker, require_case_worker
from server.cases.publications import record_read
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, polling, services_of
from server.documents import service
from server.documents.content import open_content
from server.documents.tables import Document
from server.documents.upload import receive_document
from shared.documents import DocumentOut

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


@router.put(
    "/people/{person}/documents/{document}",
    status_code=201,
    responses=problem_responses([401, 403, 415]),
)
async def upload(
    person: UUID,
    document: UUID,
    name: Annotated[str, Query(min_length=1, max_length=1000)],
    request: Request,
) -> DocumentOut:
    """Upload a document about a person; the body is its content."""
    return await receive_document(request, person, document, name)


@router.get("/documents/{document}")
@polling
def read(document: UUID, actor: CaseWorker, tx: Tx) -> DocumentOut:
    """Read a document's metadata."""
    row = service.find_document(tx, actor, document)
    if row.account_id != actor.account_id:  # who uploaded it polls until it is scanned
        actor.record(tx, Action.DOCUMENT_DETAILS_READ, subject=document, person=row.person_id)
    return service.document_out(tx, row)


@router.get("/documents/{document}/content", responses=problem_responses([401, 403, 409]))
async def content(document: UUID, request: Request) -> StreamingResponse:
    """Download a document's content, as an attachment that browsers do not display."""
    services = services_of(request)

    def find(tx: Transaction) -> Document:
        row = service.find_document(tx, require_case_worker(request, tx), document)
        service.require_openable(tx, row)
        return row

    row = await services.read(find)
    chunks = await open_content(services, row)
    await services.write(lambda tx: _record_download(request, tx, document))
    return StreamingResponse(
        chunks,
        media_type=row.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
            "Content-Length": str(row.size),
        },
    )


def _record_download(request: Request, tx: Transaction, document: UUID) -> None:
    actor = require_case_worker(request, tx)
    row = service.find_document(tx, actor, document)
    service.require_openable(tx, row)  # a scan may have found a virus since
    actor.record(tx, Action.DOCUMENT_READ, subject=document, person=row.person_id)
    record_read(tx, actor, document)


@router.delete("/documents/{document}", status_code=204)
def remove(document: UUID, actor: CaseWorker, tx: Tx) -> None:
    """Remove a document that was not submitted."""
    service.remove_document(tx, actor, document)
