"""Routes for an officer's diary."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer
from server.casework.calendar import write_calendar
from server.casework.csv_lists import send_diary
from server.casework.diary import read_diary
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx
from shared.diary import DiaryOut

Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2999, 12, 31))]

router = APIRouter(prefix="/v1/casework", route_class=TransactionRoute)


@router.get("/diary")
def diary(actor: Officer, tx: Tx, day: Day = None) -> DiaryOut:
    """Read my diary of the week of a day, by default this week's."""
    return read_diary(tx, actor, day)


@router.get(
    "/diary.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}},
)
def diary_file(actor: Officer, tx: Tx, day: Day = None) -> Response:
    """Save my diary of the week of a day as a calendar file, which names no child."""
    content = write_calendar(tx, actor, day)
    headers = {"Content-Disposition": "attachment"}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/diary.csv", responses=problem_responses([401, 403]))
async def diary_csv(request: Request, day: Day = None) -> StreamingResponse:
    """Save my diary of the week of a day as CSV."""
    return await send_diary(request, day)
