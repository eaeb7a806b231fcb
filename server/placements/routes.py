"""Routes for settings, placements and the details of the SEN2 return."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from server.letters.routes import add_letter_routes
from server.placements import consulting, history, placing, view
from server.placements.csv_list import send_consultations
from server.placements.letters import letter_of
from server.placements.sen2 import details
from shared.desk import CaseStep
from shared.placements import (
    ConsultIn,
    FamilyRequestIn,
    PlacementSave,
    PlacementsOut,
    ReplyIn,
    RequestDecisionIn,
    SettingRow,
)
from shared.sen2 import Sen2In, Sen2Out

SearchText = Annotated[str, Query(max_length=200)]

router = APIRouter(prefix="/v1/placements", route_class=TransactionRoute)


@router.get("/settings")
def find_settings(_: Officer, tx: Tx, find: SearchText = "") -> list[SettingRow]:
    """Find settings to consult."""
    return consulting.find_settings(tx, find)


@router.get("/cases/{case}")
@audited
def read_placements(case: UUID, actor: Officer, tx: Tx) -> PlacementsOut:
    """Read the settings and the placement of a case."""
    return view.read_placements(tx, actor, case)


@router.get("/cases/{case}/history")
@audited
def read_history(case: UUID, actor: Officer, tx: Tx) -> list[CaseStep]:
    """Read what was done in a case about settings and the placement."""
    return history.read_history(tx, actor, case)


@router.get("/cases/{case}/consultations.csv", responses=problem_responses([401, 403, 404]))
async def consultations_csv(case: UUID, request: Request) -> StreamingResponse:
    """Save the settings consulted in a case as CSV."""
    return await send_consultations(request, case)


@router.post("/cases/{case}/consultations", status_code=204)
def consult(case: UUID, body: ConsultIn, actor: Officer, tx: Tx) -> None:
    """Consult settings."""
    consulting.consult(tx, actor, case, body)


@router.post("/consultations/{consultation}/chase", status_code=204)
def chase(consultation: UUID, actor: Officer, tx: Tx) -> None:
    """Chase a setting that has not replied."""
    consulting.chase(tx, actor, consultation)


@router.put("/consultations/{consultation}/reply", status_code=204)
def record_reply(
    consultation: UUID, body: ReplyIn, actor: Officer, tx: Tx, version: IfMatch, response: Response
) -> None:
    """Record a setting's reply."""
    set_etag(response, consulting.record_reply(tx, actor, consultation, body, version))


add_letter_routes(
    router, "/consultations/{consultation}/letter", letter_of, "the letter of a consultation"
)


@router.put("/cases/{case}/requests/{request}", status_code=204)
def record_request(
    case: UUID,
    request: UUID,
    body: FamilyRequestIn,
    actor: Officer,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> None:
    """Record the family's request for a setting."""
    set_etag(response, placing.record_request(tx, actor, case, request, body, version))


@router.put("/requests/{request}/decision", status_code=204)
def decide_request(
    request: UUID,
    body: RequestDecisionIn,
    actor: Officer,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> None:
    """Agree to the family's request, or refuse it."""
    set_etag(response, placing.decide_request(tx, actor, request, body, version))


@router.put("/cases/{case}/placements/{placement}", status_code=204)
def name_placement(
    case: UUID,
    placement: UUID,
    body: PlacementSave,
    actor: Officer,
    tx: Tx,
    version: IfMatch,
    response: Response,
) -> None:
    """Name a placement in the plan, or correct it."""
    set_etag(response, placing.name_placement(tx, actor, case, placement, body, version))


@router.get("/cases/{case}/sen2")
@audited
def read_sen2(case: UUID, actor: Officer, tx: Tx) -> Sen2Out:
    """Read what the SEN2 return needs of a case, and what would fail in it now."""
    return details.read_details(tx, actor, case)


@router.put("/cases/{case}/sen2")
def save_sen2(case: UUID, body: Sen2In, actor: Officer, tx: Tx) -> Sen2Out:
    """Save what the SEN2 return needs of a case."""
    return details.save_details(tx, actor, case, body.answers)
