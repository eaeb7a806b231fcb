"""The list of officers as CSV."""

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from server.desk.officers import list_officers
from shared.caseload import CoverRow, OfficerRow


def _cover(cover: CoverRow) -> str:
    return f"{cover.name}, {cover.from_on} to {cover.until_on}"


OFFICERS: Columns[OfficerRow] = {
    "Officer": lambda row: row.name,
    "Open cases": lambda row: str(row.cases),
    "Covered by": lambda row: "; ".join(map(_cover, row.covers)),
}


async def send_officers(request: Request) -> StreamingResponse:
    """Return the officers with their open cases and covers as CSV."""

    def read(tx: Transaction, _: str | None) -> CsvPage[OfficerRow]:
        actor = require_officer(request, tx)
        rows = list_officers(tx, actor)
        actor.record_shown(tx, Action.OFFICERS_SAVED, (row.id for row in rows))
        return CsvPage(rows)

    return await send_csv(request, "officers", OFFICERS, read)
