"""Routes for forms: the catalogue, filling, submitting, reading versions, own phrases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from server.accounts.actor import CaseWorker, Professional, require_case_worker
from server.core.problems import problem_responses
from server.core.routing import (
    TransactionRoute,
    Tx,
    audited,
    checks_characters,
    polling,
    services_of,
)
from server.core.versions import NOT_MODIFIED, IfMatch, set_etag
from server.forms import copies, filling, phrases, saving, submitting
from server.forms.catalogue import catalogue, catalogue_etag
from shared.forms.copy import CopyKind
from shared.forms.definition import FormDefinition
from shared.forms.phrases import Phrase, PhraseIn
from shared.forms.receipts import ReceiptKey
from shared.forms.submissions import (
    Confirmation,
    FormVersion,
    SaveAnswers,
    Saved,
    StartForm,
    SubmissionHistory,
    SubmissionOut,
    Submit,
)

MEDIA_TYPES = {CopyKind.PDF: "application/pdf", CopyKind.TEXT: "text/plain; charset=utf-8"}

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


@router.get("/forms", response_model=list[FormDefinition], responses=NOT_MODIFIED)
def forms(
    _: CaseWorker,
    tx: Tx,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> list[FormDefinition] | Response:
    """List the forms of the catalogue; 304 if the client has them already."""
    folder = tx.services.settings.forms
    current = catalogue_etag(folder)
    if if_none_match == current:
        return Response(status_code=304, headers={"ETag": current})
    response.headers["ETag"] = current
    return list(catalogue(folder).values())


@router.post("/submissions", status_code=201)
def start(body: StartForm, actor: Professional, tx: Tx) -> SubmissionOut:
    """Start a form for a person."""
    return filling.start(tx, actor, body)


@router.get("/submissions/{submission}")
@audited
def open_submission(
    submission: UUID, actor: Professional, tx: Tx, response: Response
) -> SubmissionOut:
    """Open one of my forms to fill it."""
    return set_etag(response, filling.open_submission(tx, actor, submission))


@router.get("/submissions/{submission}/version")
@polling
def version(submission: UUID, actor: Professional, tx: Tx) -> FormVersion:
    """Return the current version number of a form that I may fill."""
    return FormVersion(version=filling.find_fillable(tx, actor, submission).version)


@router.patch("/submissions/{submission}/answers")
@checks_characters
def save(
    submission: UUID,
    body: SaveAnswers,
    actor: Professional,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> Saved:
    """Save changed answers."""
    return set_etag(response, saving.save(tx, actor, submission, body, version))


@router.post("/submissions/{submission}/versions", status_code=201)
def submit(submission: UUID, body: Submit, actor: Professional, tx: Tx) -> Confirmation:
    """Submit the saved answers."""
    return submitting.submit(tx, actor, submission, body.id)


@router.get("/submissions/{submission}/versions")
@audited
def versions(submission: UUID, actor: CaseWorker, tx: Tx) -> SubmissionHistory:
    """Read every submitted version."""
    return submitting.read_history(tx, actor, submission)


@router.get(
    "/submissions/{submission}/copy",
    response_class=Response,
    responses=problem_responses([401, 403, 413])
    | {200: {"content": {"application/pdf": {}, "text/plain": {}}}},
)
async def copy(
    submission: UUID,
    request: Request,
    kind: CopyKind = CopyKind.PDF,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Save a copy of a submitted version with a signed receipt, or of my draft."""
    services = services_of(request)
    form_copy = await services.write(
        lambda tx: copies.read_copy(tx, require_case_worker(request, tx), submission, version)
    )
    content = await copies.make_file(services, form_copy, kind)
    headers = {"Content-Disposition": "attachment"}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)


@router.get("/receipts/key")
def receipt_key(tx: Tx, id: Annotated[str, Query(max_length=100)] = "") -> ReceiptKey:
    """Read the public key that verifies receipts, by default that of new ones."""
    return copies.find_receipt_key(tx, id)


@router.delete("/submissions/{submission}", status_code=204)
def discard(submission: UUID, actor: Professional, tx: Tx) -> None:
    """Discard a draft, or the changes since the last version."""
    filling.discard(tx, actor, submission)


@router.get("/phrases")
def list_phrases(actor: Professional, tx: Tx) -> list[Phrase]:
    """List my phrases."""
    return phrases.list_phrases(tx, actor)


@router.put("/phrases/{phrase}")
def save_phrase(phrase: UUID, body: PhraseIn, actor: Professional, tx: Tx) -> Phrase:
    """Add or change a phrase."""
    return phrases.save_phrase(tx, actor, phrase, body)


@router.delete("/phrases/{phrase}", status_code=204)
def remove_phrase(phrase: UUID, actor: Professional, tx: Tx) -> None:
    """Delete a phrase."""
    phrases.remove_phrase(tx, actor, phrase)
