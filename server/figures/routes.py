"""Routes for the caseload in figures, for officers only."""

from fastapi import APIRouter, Request, Response

from server.accounts.actor import Officer, require_officer
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import busy, not_found, problem_responses
from server.core.routing import TransactionRoute, Tx, polling, services_of
from server.figures.computing import FiguresBusy, compute_now
from server.figures.files import Page, to_csv, to_pdf
from server.figures.view import read_figures
from shared.figures.figures import FiguresOut, FileKind
from shared.figures.tables import all_tables

WAIT_SECONDS = 2
NOTE = "For the authority only: small numbers are not hidden."
MEDIA_TYPES = {FileKind.CSV: "text/csv; charset=utf-8", FileKind.PDF: "application/pdf"}

router = APIRouter(prefix="/v1/figures", route_class=TransactionRoute)


@router.get("")
def figures(_: Officer, tx: Tx) -> FiguresOut:
    """Read the caseload in figures, as computed last."""
    return read_figures(tx)


@router.get("/latest")
@polling
def latest(_: Officer, tx: Tx) -> FiguresOut:
    """Poll the caseload in figures, as computed last."""
    return read_figures(tx)


@router.post("/computations", responses=problem_responses([401, 403]))
async def compute_again(request: Request) -> FiguresOut:
    """Compute the figures again."""
    services = services_of(request)
    await services.read(lambda tx: require_officer(request, tx))
    try:
        await compute_now(services)
    except FiguresBusy:
        raise busy(WAIT_SECONDS) from None
    return await services.read(read_figures)


@router.get(
    "/file",
    response_class=Response,
    responses=problem_responses([401, 403, 404])
    | {200: {"content": {"application/pdf": {}, "text/csv": {}}}},
)
async def save_file(request: Request, kind: FileKind = FileKind.PDF) -> Response:
    """Save the figures as PDF or CSV."""

    def read(tx: Transaction) -> Page:
        actor, current = require_officer(request, tx), read_figures(tx)
        if current.figures is None or current.computed_at is None:
            raise not_found()
        actor.record(tx, Action.FIGURES_SAVED)
        settings = tx.services.settings
        tables = all_tables(current.figures)
        return Page(settings.council, "The caseload in figures", NOTE, current.computed_at, tables)

    services = services_of(request)
    page = await services.write(read)
    if kind is FileKind.CSV:
        content = to_csv(page).encode()
    else:
        async with services.worker_pools.turns.turn():
            content = await to_pdf(page)
    headers = {"Content-Disposition": "attachment"}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)
