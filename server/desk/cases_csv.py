"""The list of cases as CSV."""

from collections.abc import Callable
from datetime import date

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.csv_lists import CsvPage, send_csv
from server.core.database import Transaction
from server.desk.listing import list_cases
from shared.caselist import COLUMN_LABELS, CaseRow, CsvQuery, DeskColumn
from shared.cases.states import STAGE_LABELS
from shared.lists import MAX_PAGE_SIZE
from shared.values.days import format_day


async def send_cases(request: Request, query: CsvQuery) -> StreamingResponse:
    """Return the cases of a list as CSV; raises the problems that a list raises."""

    def read(tx: Transaction, cursor: str | None) -> CsvPage[CaseRow]:
        actor = require_officer(request, tx)
        values = {"cursor": cursor, "end": False, "limit": MAX_PAGE_SIZE}
        page = list_cases(tx, actor, query.model_copy(update=values))
        actor.record_shown(tx, Action.CASES_SAVED, (row.person for row in page.rows))
        return CsvPage(page.rows, page.next)

    columns = {COLUMN_LABELS[column]: CELLS[column] for column in query.columns}
    return await send_csv(request, "cases", columns, read)


def _due(row: CaseRow) -> str:
    return f"{row.next_words}, excused" if row.excused else row.next_words


def format_optional_day(day: date | None) -> str:
    """Format a date as dd/mm/yyyy, and none as ''."""
    return format_day(day) if day else ""


CELLS: dict[DeskColumn, Callable[[CaseRow], str]] = {
    DeskColumn.NAME: lambda row: row.name,
    DeskColumn.STAGE: lambda row: STAGE_LABELS[row.stage],
    DeskColumn.DUE: _due,
    DeskColumn.OFFICER: lambda row: row.officer,
    DeskColumn.STATE: lambda row: row.state_words,
    DeskColumn.BORN: lambda row: format_day(row.born),
    DeskColumn.SCHOOL: lambda row: row.school,
    DeskColumn.RECEIVED: lambda row: format_day(row.received_on),
    DeskColumn.WEEKS: lambda row: str(row.weeks),
    DeskColumn.ADVICE: lambda row: str(row.advice),
    DeskColumn.EXPECTED: lambda row: format_optional_day(row.expected),
    DeskColumn.LAST: lambda row: row.last_words,
    DeskColumn.TRANSFER: lambda row: format_optional_day(row.transfer_on),
    DeskColumn.MEETING: lambda row: format_optional_day(row.meeting_on),
    DeskColumn.NOTICE: lambda row: format_optional_day(row.notice_on),
    DeskColumn.NAMED: lambda row: format_optional_day(row.named_on),
}
"""The text of each column of the list."""
