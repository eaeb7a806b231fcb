"""Routes for panels."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer
from server.casework import panels, several
from server.casework.agenda import write_agenda
from server.casework.csv_lists import send_panels
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx
from server.core.versions import IfMatch, set_etag
from shared.caseload import CasesIn, SeveralOut
from shared.panels import DecideIn, DeferIn, ItemsIn, MinutesIn, PanelIn, PanelOut, PanelsPage

router = APIRouter(prefix="/v1/casework", route_class=TransactionRoute)


@router.get("/panels")
def list_panels(
    _: Officer,
    tx: Tx,
    past: bool = False,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> PanelsPage:
    """List a page of the panels to come, or of past ones."""
    return panels.list_panels(tx, cursor, past=past)


@router.get("/panels.csv", responses=problem_responses([401, 403]))
async def panels_csv(request: Request, past: bool = False) -> StreamingResponse:
    """Save the panels to come, or past ones, as CSV."""
    return await send_panels(request, past=past)


@router.get("/panels/{panel}")
def read_panel(panel: UUID, actor: Officer, tx: Tx, response: Response) -> PanelOut:
    """Read a panel with its cases."""
    return set_etag(response, panels.panel_out(tx, actor, panels.find_panel(tx, panel)))


@router.get(
    "/panels/{panel}/agenda",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def save_agenda(panel: UUID, actor: Officer, tx: Tx) -> Response:
    """Save the agenda of a panel as text."""
    text = write_agenda(tx, actor, panels.find_panel(tx, panel))
    headers = {"Content-Disposition": "attachment"}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


@router.put("/panels/{panel}")
def save_panel(
    panel: UUID, body: PanelIn, actor: Officer, tx: Tx, version: IfMatch, response: Response
) -> PanelOut:
    """Add a panel, or change it; a new one has version 0."""
    saved = panels.save_panel(tx, actor, panel, body, version)
    return set_etag(response, panels.panel_out(tx, actor, saved))


@router.post("/panels/{panel}/cases")
def add_cases(panel: UUID, body: ItemsIn, actor: Officer, tx: Tx) -> PanelOut:
    """Put cases on a panel."""
    return panels.panel_out(tx, actor, panels.add_cases(tx, actor, panel, body.items))


@router.post("/panels/{panel}/several/check")
def check_several(panel: UUID, body: CasesIn, actor: Officer, tx: Tx) -> SeveralOut:
    """Return which of several cases would be put on a panel, and change nothing."""
    return several.check(tx, actor, panel, body)


@router.post("/panels/{panel}/several")
def add_several(panel: UUID, body: CasesIn, actor: Officer, tx: Tx) -> SeveralOut:
    """Put several cases on a panel, each with its own outcome."""
    return several.perform(tx, actor, panel, body)


@router.delete("/panels/{panel}/cases/{item}")
def remove_case(panel: UUID, item: UUID, actor: Officer, tx: Tx) -> PanelOut:
    """Take a case off a panel."""
    return panels.panel_out(tx, actor, panels.remove_case(tx, actor, panel, item))


@router.put("/panel-cases/{item}/minutes")
def write_minutes(
    item: UUID, body: MinutesIn, actor: Officer, tx: Tx, version: IfMatch
) -> PanelOut:
    """Write the minutes of a case."""
    return panels.panel_out(tx, actor, panels.write_minutes(tx, actor, item, body, version))


@router.post("/panel-cases/{item}/defer")
def defer(item: UUID, body: DeferIn, actor: Officer, tx: Tx, version: IfMatch) -> PanelOut:
    """Record that a case was deferred."""
    return panels.panel_out(tx, actor, panels.defer(tx, actor, item, body.reason, version))


@router.post("/panel-cases/{item}/decision")
def decide(item: UUID, body: DecideIn, actor: Officer, tx: Tx) -> PanelOut:
    """Record a panel's decision in the case."""
    return panels.panel_out(tx, actor, panels.decide(tx, actor, item, body.event))
