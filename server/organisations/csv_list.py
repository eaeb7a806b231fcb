"""The memberships to be confirmed as CSV."""

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from server.organisations.memberships import list_for_officer
from shared.organisations import MembershipRequest

MEMBERSHIPS: Columns[MembershipRequest] = {
    "Professional": lambda row: row.name,
    "Email": lambda row: row.email,
    "Role": lambda row: row.role,
    "Says to work at": lambda row: row.organisation,
    "Address": lambda row: row.address,
    "Postcode": lambda row: row.postcode,
    "In the list": lambda row: row.listed.name if row.listed else "",
}


async def send_memberships(request: Request) -> StreamingResponse:
    """Return all memberships to be confirmed as CSV."""

    def read(tx: Transaction, _: str | None) -> CsvPage[MembershipRequest]:
        require_officer(request, tx).record(tx, Action.MEMBERSHIPS_SAVED)
        return CsvPage(list_for_officer(tx, None).rows)

    return await send_csv(request, "memberships", MEMBERSHIPS, read)
