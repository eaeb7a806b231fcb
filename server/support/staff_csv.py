"""The list of staff accounts as CSV."""

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from server.support.managing_staff import list_staff
from shared.support import StaffRow

STAFF: Columns[StaffRow] = {
    "Name": lambda row: row.name,
    "Email": lambda row: row.email,
    "Account of": lambda row: row.staff.value,
    "Manages staff accounts": lambda row: "yes" if row.may_manage else "no",
    "Disabled": lambda row: "yes" if row.disabled else "no",
}


async def send_staff(request: Request) -> StreamingResponse:
    """Return the staff accounts as CSV; raises FORBIDDEN without the right to manage them."""

    def read(tx: Transaction, _: str | None) -> CsvPage[StaffRow]:
        actor = require_officer(request, tx)
        rows = list_staff(tx, actor)
        actor.record_shown(tx, Action.STAFF_SAVED, (row.id for row in rows))
        return CsvPage(rows)

    return await send_csv(request, "staff", STAFF, read)
