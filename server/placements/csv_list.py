"""The settings consulted in a case as CSV."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.cases.service import find_case
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from server.placements.view import placements_out
from shared.placements import REFUSAL_GROUNDS, ConsultationOut

CONSULTATIONS: Columns[ConsultationOut] = {
    "Setting": lambda row: row.name,
    "Address": lambda row: row.address,
    "Email": lambda row: row.email,
    "Reference": lambda row: row.reference,
    "Asked": lambda row: row.asked_on.isoformat(),
    "Reply due": lambda row: row.due_on.isoformat(),
    "Chased": lambda row: row.chased_on.isoformat() if row.chased_on else "",
    "Reply": lambda row: row.reply.value if row.reply else "",
    "Replied": lambda row: row.replied_on.isoformat() if row.replied_on else "",
    "Ground": lambda row: REFUSAL_GROUNDS[row.ground] if row.ground else "",
    "Words": lambda row: row.words,
}


async def send_consultations(request: Request, case_id: UUID) -> StreamingResponse:
    """Return the settings consulted in a case as CSV; raises NOT_FOUND."""

    def read(tx: Transaction, _: str | None) -> CsvPage[ConsultationOut]:
        actor = require_officer(request, tx)
        case = find_case(tx, actor, case_id)
        actor.record_shown(tx, Action.CONSULTATIONS_SAVED, [case.person_id])
        return CsvPage(placements_out(tx, case).consultations)

    return await send_csv(request, "consultations", CONSULTATIONS, read)
