"""The list of cases as CSV, streamed page by page."""

import csv
from collections.abc import AsyncIterator, Sequence
from io import StringIO

from fastapi import Request

from server.accounts.actor import require_officer
from server.core.audit import Action
from server.core.database import Transaction
from server.core.routing import services_of
from server.desk.listing import list_cases
from shared.cases.states import STAGE_LABELS
from shared.desk import COLUMN_LABELS, CaseQuery, CaseRow, CsvQuery, DeskColumn, DeskPage
from shared.lists import MAX_PAGE_SIZE
from shared.values.days import format_day

BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def first_page(request: Request, query: CaseQuery) -> DeskPage:
    """Read the first page of the cases; raises the problems that a list raises."""
    return await _read_page(request, query.model_copy(update={"cursor": None, "end": False}))


async def stream(request: Request, query: CsvQuery, page: DeskPage) -> AsyncIterator[str]:
    """Yield the lines of the file, of one page of cases after the other."""
    columns = query.columns
    yield BYTE_ORDER_MARK + _lines([[COLUMN_LABELS[column] for column in columns]])
    while True:
        yield _lines([[cell_text(row, column) for column in columns] for row in page.rows])
        if page.next is None:
            return
        page = await _read_page(request, query.model_copy(update={"cursor": page.next}))


async def _read_page(request: Request, query: CaseQuery) -> DeskPage:
    """Read a page in a transaction of its own, and audit each child of it."""

    def read(tx: Transaction) -> DeskPage:
        actor = require_officer(request, tx)
        page = list_cases(tx, actor, query.model_copy(update={"limit": MAX_PAGE_SIZE}))
        actor.record_shown(tx, Action.CASES_SAVED, (row.person for row in page.rows))
        return page

    return await services_of(request).write(read)


def cell_text(row: CaseRow, column: DeskColumn) -> str:
    """Return the text of a cell, which no spreadsheet takes for a formula."""
    text = _text(row, column)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _text(row: CaseRow, column: DeskColumn) -> str:
    match column:
        case DeskColumn.NAME:
            return row.name
        case DeskColumn.STAGE:
            return STAGE_LABELS[row.stage]
        case DeskColumn.DUE:
            return f"{row.next_words}, excused" if row.excused else row.next_words
        case DeskColumn.OFFICER:
            return row.officer
        case DeskColumn.STATE:
            return row.state_words
        case DeskColumn.BORN:
            return format_day(row.born)
        case DeskColumn.SCHOOL:
            return row.school
        case DeskColumn.RECEIVED:
            return format_day(row.received_on)
        case DeskColumn.WEEKS:
            return str(row.weeks)
        case DeskColumn.ADVICE:
            return str(row.advice)
        case DeskColumn.EXPECTED:
            return format_day(row.expected) if row.expected else ""
        case DeskColumn.LAST:
            return row.last_words


def _lines(rows: Sequence[Sequence[str]]) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
