"""The list of cases as CSV."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from server.desk.listing import list_cases
from shared.caselist import COLUMN_LABELS, CaseRow, CsvQuery, DeskColumn
from shared.cases.states import STAGE_LABELS
from shared.lists import MAX_PAGE_SIZE
from shared.values.days import parse_day


async def send_cases(request: Request, query: CsvQuery) -> StreamingResponse:
    """Return the cases of a list as CSV; raises the problems that a list raises."""

    def read(tx: Transaction, cursor: str | None) -> CsvPage[CaseRow]:
        actor = require_officer(request, tx)
        values = {"cursor": cursor, "end": False, "limit": MAX_PAGE_SIZE}
        page = list_cases(tx, actor, query.model_copy(update=values))
        actor.record_shown(tx, Action.CASES_SAVED, (row.person for row in page.rows))
        return CsvPage(page.rows, page.next)

    return await send_csv(request, "cases", build_columns(query.columns), read)


def build_columns(columns: Iterable[DeskColumn]) -> Columns[CaseRow]:
    """Return the columns of a file: with a name the date of birth, and what a day is of apart."""
    cells: dict[str, Callable[[CaseRow], str]] = {}
    for column in columns:
        cells[COLUMN_LABELS[column]] = CELLS[column]
        if column is DeskColumn.NAME:
            cells[COLUMN_LABELS[DeskColumn.BORN]] = CELLS[DeskColumn.BORN]
        if column in WHAT:
            cells |= WHAT[column]
    return cells


def split_day(words: str) -> tuple[str, str]:
    """Return what words say before a date, and the date as yyyy-mm-dd; '' if there is none."""
    match = DAY.search(words)
    if match is None:
        return words, ""
    return words[: match.start()].rstrip(), parse_day(match[0]).isoformat()


def _what_is_due(row: CaseRow) -> str:
    what, _ = split_day(row.next_words)
    return f"{what}, with an exception" if row.excused else what


def iso_day(day: date | None) -> str:
    """Format a date as yyyy-mm-dd, and none as ''."""
    return day.isoformat() if day else ""


DAY = re.compile(r"\d\d/\d\d/\d{4}")
CELLS: dict[DeskColumn, Callable[[CaseRow], str]] = {
    DeskColumn.NAME: lambda row: row.name,
    DeskColumn.STAGE: lambda row: STAGE_LABELS[row.stage],
    DeskColumn.DUE: lambda row: split_day(row.next_words)[1],
    DeskColumn.OFFICER: lambda row: row.officer,
    DeskColumn.STATE: lambda row: row.state_words,
    DeskColumn.BORN: lambda row: iso_day(row.born),
    DeskColumn.SCHOOL: lambda row: row.school,
    DeskColumn.RECEIVED: lambda row: iso_day(row.received_on),
    DeskColumn.WEEKS: lambda row: str(row.weeks),
    DeskColumn.ADVICE: lambda row: str(row.advice),
    DeskColumn.EXPECTED: lambda row: iso_day(row.expected),
    DeskColumn.LAST: lambda row: split_day(row.last_words)[1],
    DeskColumn.TRANSFER: lambda row: iso_day(row.transfer_on),
    DeskColumn.MEETING: lambda row: iso_day(row.meeting_on),
    DeskColumn.NOTICE: lambda row: iso_day(row.notice_on),
    DeskColumn.NAMED: lambda row: iso_day(row.named_on),
}
"""The text of each column of the list."""
WHAT: dict[DeskColumn, dict[str, Callable[[CaseRow], str]]] = {
    DeskColumn.DUE: {"What is due": _what_is_due},
    DeskColumn.LAST: {"What happened last": lambda row: split_day(row.last_words)[0]},
}
"""What the days of some columns are of, in a column of its own."""
